"""An asset as people edit it. What is secret goes in and never comes out, not even on an error."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.kept import Credential
from apps.bots.models import Bot
from apps.lib.errors import DomainError, InvalidError
from apps.lib.json import MAX_INTEGER, Json, parse_json
from apps.lib.keys import KeyField
from apps.lib.secrecy import Secret

from .models import MAX_KEY, MAX_ROTATION_DAYS, Asset
from .values import KEEP, MAX_BYTES, MAX_USERNAME, Given

Kind = Asset.Kind
# no browser keeps it, completes it, or sends it to a spelling checker
UNSEEN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class SecretText(forms.Textarea):
    """Several lines, as a private key has; what was typed is never sent back."""

    def __init__(self) -> None:
        super().__init__({**UNSEEN, "rows": 3, "class": "control is-secret"})

    def format_value(self, value: Any) -> str | None:
        return None


class NumberText(forms.CharField):
    """A number as JSON writes it, so that 1 stays 1 and 0.10 loses nothing but its zero."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip().replace(",", ".")
        try:
            found = json.loads(text, parse_constant=_no_number)
        except ValueError:
            found = None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ValidationError(_("Enter a number."))
        if abs(found) > MAX_INTEGER:
            raise ValidationError(_("The number is too large."))
        return found


class JsonText(forms.CharField):
    def clean(self, value: Any) -> Any:
        try:
            found = parse_json(str(super().clean(value)).encode(), max_bytes=MAX_BYTES)
        except DomainError as error:
            raise ValidationError(error.message) from None
        if found is None:
            raise ValidationError(_("null is no value."))
        return found


class ValueForm(forms.Form):
    """The fields that one kind of asset has for its value; `held`: what is kept now, if any."""

    def __init__(self, *arguments: Any, kind: str, held: Any, is_kept: bool, **named: Any) -> None:
        self.kind, self.is_kept = kind, is_kept
        super().__init__(*arguments, **named)
        self.fields.update(self._value_fields())
        if is_kept and "value" in self.fields:
            self.initial["value"] = _written(kind, held)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.kind == Kind.CREDENTIAL and not self.errors:
            given = [name for name in ("username", "password") if cleaned.get(name)]
            if len(given) == 1:
                other = "password" if given == ["username"] else "username"
                self.add_error(other, _("Enter both, or neither."))
        return cleaned

    def given(self) -> Given:
        """Return what was entered; KEEP when a secret was left empty."""
        said = self.cleaned_data
        if self.kind == Kind.SECRET:
            return Secret(_lines(said["secret"])) if said["secret"] else KEEP
        if self.kind == Kind.CREDENTIAL:
            if not said["password"]:
                return KEEP
            return Credential(said["username"], Secret(said["password"]))
        if self.kind == Kind.TEXT:
            return _lines(said["value"])
        value: Json = said["value"]
        return value

    def refused(self, error: InvalidError) -> None:
        """Show each problem at its field, or above all when there is no such field."""
        for problem in error.fields:
            field = problem.path if problem.path in self.fields else None
            self.add_error(field, problem.message if field else error.message)

    def value_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self._value_fields()]

    def _value_fields(self) -> dict[str, forms.Field]:
        kept = _("Leave it empty to keep the one that is there.") if self.is_kept else ""
        label = _("Value")
        if self.kind == Kind.SECRET:
            return {"secret": _secret_field(_("Secret"), kept, required=not self.is_kept)}
        if self.kind == Kind.CREDENTIAL:
            return _credential_fields(kept, required=not self.is_kept)
        if self.kind == Kind.FLAG:
            return {"value": forms.BooleanField(label=_("Yes"), required=False)}
        if self.kind == Kind.NUMBER:
            widget = forms.TextInput({"inputmode": "decimal"})
            return {"value": NumberText(label=label, max_length=40, widget=widget)}
        area = forms.Textarea({"rows": 3 if self.kind == Kind.TEXT else 8, "spellcheck": "false"})
        if self.kind == Kind.JSON:
            return {"value": JsonText(label=label, max_length=MAX_BYTES, widget=area)}
        return {
            "value": forms.CharField(
                label=label, max_length=MAX_BYTES, widget=area, required=False, strip=False
            )
        }


class AssetForm(ValueForm):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=MAX_KEY,
        help_text=gettext_lazy("Automations and programs ask by it; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    rotate_after_days = forms.IntegerField(
        label=gettext_lazy("Replace after days"),
        required=False,
        min_value=1,
        max_value=MAX_ROTATION_DAYS,
        help_text=gettext_lazy("When it is older, the pages say so."),
    )

    def __init__(self, *arguments: Any, asset: Asset, **named: Any) -> None:
        names = ("title", "description", "rotate_after_days")
        initial = {name: getattr(asset, name) for name in names}
        is_kept = asset.pk is not None
        super().__init__(
            *arguments, kind=asset.kind, held=asset, is_kept=is_kept, initial=initial, **named
        )
        if is_kept:
            del self.fields["key"]
        if not asset.is_secret:
            del self.fields["rotate_after_days"]

    def facts(self) -> dict[str, Any]:
        names = ("title", "description", "rotate_after_days")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}

    def plain_fields(self) -> list[forms.BoundField]:
        names = ("key", "title", "description")
        return [self[name] for name in names if name in self.fields]

    def further_fields(self) -> list[forms.BoundField]:
        return [self["rotate_after_days"]] if "rotate_after_days" in self.fields else []


class OverrideForm(ValueForm):
    """What one bot gets; `bots`: those to choose from, None when the bot is known."""

    def __init__(
        self, *arguments: Any, asset: Asset, held: Any, bots: Any = None, **named: Any
    ) -> None:
        super().__init__(*arguments, kind=asset.kind, held=held, is_kept=held is not None, **named)
        if bots is not None:
            self.fields["bot"] = forms.ModelChoiceField(
                label=_("Bot"), queryset=bots, empty_label=None
            )

    def bot_fields(self) -> list[forms.BoundField]:
        return [self["bot"]] if "bot" in self.fields else []

    def bot(self) -> Bot:
        found: Bot = self.cleaned_data["bot"]
        return found


def _secret_field(label: str, help_text: str, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        strip=False,
        max_length=MAX_BYTES,
        widget=SecretText(),
    )


def _credential_fields(help_text: str, *, required: bool) -> dict[str, forms.Field]:
    unseen = {**UNSEEN, "autocomplete": "new-password"}
    return {
        "username": forms.CharField(
            label=_("User name"),
            help_text=help_text,
            required=required,
            max_length=MAX_USERNAME,
            widget=_UnseenText(UNSEEN),
        ),
        "password": forms.CharField(
            label=_("Password"),
            help_text=help_text,
            required=required,
            strip=False,
            max_length=MAX_BYTES,
            widget=forms.PasswordInput(unseen, render_value=False),
        ),
    }


class _UnseenText(forms.TextInput):
    def format_value(self, value: Any) -> str | None:
        return None


def _written(kind: str, held: Any) -> Any:
    """Return a plain value as its field shows it."""
    value = held.value
    if kind == Kind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2)
    return json.dumps(value) if kind == Kind.NUMBER else value


def _lines(text: str) -> str:
    """Browsers send line ends as two characters; a private key has one."""
    return text.replace("\r\n", "\n")


def _no_number(name: str) -> None:
    raise ValueError(name)
