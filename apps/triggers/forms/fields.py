"""Kinds of fields that the forms of triggers share, and the small forms beside the editor."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.durations import duration_in_words, parse_duration
from apps.lib.errors import InvalidError
from apps.queues.forms import CODE

MAX_REASON = 200
MAX_LENGTH_TEXT = 30
DATA_AREA = {"rows": 3, **CODE}
PLAIN_TEXT = {"spellcheck": "false", "autocapitalize": "off"}


class LocalMomentField(forms.Field):
    """A date and a time on the wall clock of a zone that is said elsewhere; never converted."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            raise forms.ValidationError(_("Give a date and a time.")) from None
        if found.tzinfo is not None or not 1970 <= found.year <= 9000:
            raise forms.ValidationError(_("Give a date and a time."))
        return found


class LengthField(forms.CharField):
    """A length of time as people write it: 90 s, 15 min, 2 h. Cleaned to whole seconds, or None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_LENGTH_TEXT, **options)

    def prepare_value(self, value: Any) -> Any:
        is_seconds = isinstance(value, int | float) and not isinstance(value, bool)
        return duration_in_words(value, parts=4) if is_seconds and value else value or ""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return seconds_in(text) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or ""))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=MAX_REASON, required=False)


class PauseForm(ReasonForm):
    """Until when, on the wall clock of the person, and why."""

    until = LocalMomentField(label=gettext_lazy("Until"))

    field_order = ("until", "reason")


def seconds_in(text: str) -> int:
    """Return the whole seconds of “15 min”. Raises ValidationError, as fields do."""
    try:
        return round(parse_duration(text).total_seconds())
    except InvalidError as error:
        raise forms.ValidationError(error.message) from None


def choose(form: forms.Form, name: str, choices: Any) -> None:
    """Give a field of `form` the choices that are known only now."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
