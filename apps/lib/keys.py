"""Keys: the names by which addresses, diagrams and programs know a thing of ours."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.utils.translation import gettext_lazy as _

KEY_RULE = _("Use letters, digits, dashes and underscores, such as accounts-payable.")


def is_key(text: str) -> bool:
    """Whether `text` may be a key; how long it may be its column says."""
    try:
        validate_slug(text)
    except ValidationError:
        return False
    return True


class KeyField(forms.SlugField):
    """A key in a form; says in plain words what it may be made of."""

    default_error_messages = {"invalid": KEY_RULE}  # noqa: RUF012 - Django's way


if TYPE_CHECKING:
    SlugColumn = models.SlugField[str, str]
else:
    SlugColumn = models.SlugField  # generic in the stubs only


class KeyColumn(SlugColumn):
    """A key in a table. To migrations it is the SlugField that it is in the database."""

    default_error_messages = {"invalid": KEY_RULE}  # noqa: RUF012 - Django's way

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, arguments, named = super().deconstruct()
        return name, "django.db.models.SlugField", arguments, named

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": KeyField, **options})
