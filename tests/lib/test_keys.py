"""Keys of things say in plain words what they may be made of, wherever one is typed."""

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.people_forms import TeamForm
from apps.ai.forms import PromptForm
from apps.calendars.forms import CalendarForm
from apps.lib.keys import KEY_RULE, KeyColumn, KeyField, is_key
from apps.queues.gate_forms import GateForm
from apps.queues.models import WorkQueue


@pytest.mark.parametrize("text", ["a", "accounts-payable", "A_1", "-"])
def test_letters_digits_dashes_and_underscores_are_a_key(text: str) -> None:
    assert is_key(text)
    assert KeyField().clean(text) == text


@pytest.mark.parametrize("text", ["a b", "ä", "a.b", "a/b", "a\n", "\x00"])
def test_anything_else_is_refused_in_plain_words(text: str) -> None:
    assert not is_key(text)
    for field in (KeyField(), KeyColumn(max_length=60)):
        with pytest.raises(ValidationError) as raised:
            field.run_validators(text)
        assert raised.value.messages[0] == str(KEY_RULE)


@pytest.mark.parametrize("form", [GateForm, TeamForm, CalendarForm, PromptForm])
def test_forms_ask_for_keys_in_the_same_way(form: type) -> None:
    assert isinstance(form.base_fields["key"], KeyField)


def test_a_form_of_a_model_asks_for_its_key_in_the_same_way() -> None:
    assert isinstance(WorkQueue._meta.get_field("key").formfield(), KeyField)


def test_migrations_know_the_column_that_the_database_has() -> None:
    column = WorkQueue._meta.get_field("key")

    assert isinstance(column, KeyColumn)
    assert column.deconstruct()[1] == "django.db.models.SlugField"
