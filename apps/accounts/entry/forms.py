"""Forms about coming in."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import SignInPolicy, SignInProvider
from apps.lib.errors import InvalidError
from apps.lib.keys import KeyField

from .codes import MAX_CODE_LENGTH
from .factors import MAX_NAME
from .groups import Rule, read_rules, write_rules
from .oidc import is_good_address


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=MAX_CODE_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class PasskeyNameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_NAME,
        help_text=gettext_lazy("Such as the device it is on."),
    )


class ProofForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PolicyForm(forms.Form):
    second_factor = forms.ChoiceField(
        label=gettext_lazy("Second factor"),
        choices=SignInPolicy.SecondFactor.choices,
        help_text=gettext_lazy(
            "An authenticator app or a passkey. Who has to have one, and has none, "
            "sets it up at the next sign-in."
        ),
    )


class ProviderForm(forms.Form):
    """A service that signs people in; key and issuer only while it is new."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=40,
        help_text=gettext_lazy("The sign-in page says “Sign in with …”."),
    )
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Part of the address that the service sends people back to."),
    )
    issuer = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=300,
        help_text=gettext_lazy(
            "As the service says it, such as https://login.example.com/realms/main. "
            "It can't be changed later: another issuer is another service."
        ),
    )
    client_id = forms.CharField(label=gettext_lazy("Client id"), max_length=191)
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=400,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept sealed, and never shown. Empty: stays as it is."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)
    makes_people = forms.BooleanField(
        label=gettext_lazy("Whom nobody knows gets an account at the first sign-in"),
        required=False,
    )
    links_by_email = forms.BooleanField(
        label=gettext_lazy("A verified e-mail address may stand for the account that has it"),
        required=False,
        help_text=gettext_lazy(
            "Only if you trust the service to verify addresses: whoever it gives an address to "
            "comes in as the person here who has it. Never for superusers."
        ),
    )
    brings_second_factor = forms.BooleanField(
        label=gettext_lazy("It asks for a second factor itself"),
        required=False,
        help_text=gettext_lazy("Then ours is not asked for after signing in with it."),
    )
    groups_claim = forms.CharField(
        label=gettext_lazy("Claim with the groups"), max_length=60, required=False
    )
    group_rules = forms.CharField(
        label=gettext_lazy("What groups may do"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: group = folder: role, or group = folder: role: team, by their keys. "
            "In these folders people then have the role of the first line that fits, or none."
        ),
    )

    def __init__(self, *arguments: Any, row: SignInProvider, **named: Any) -> None:
        names = [name for name in self.base_fields if name not in ("secret", "group_rules")]
        initial = {name: getattr(row, name) for name in names}
        initial["group_rules"] = write_rules(row.group_rules)
        super().__init__(*arguments, **{**named, "initial": initial})
        if row.pk:
            del self.fields["key"], self.fields["issuer"]

    def clean_issuer(self) -> str:
        issuer: str = self.cleaned_data["issuer"].strip()
        URLValidator(schemes=["http", "https"])(issuer.replace("//localhost", "//127.0.0.1"))
        if not is_good_address(issuer):
            raise forms.ValidationError(
                _("Give an address that begins with https://, without “?” and “#”.")
            )
        return issuer

    def clean_group_rules(self) -> list[Rule]:
        try:
            return read_rules(self.cleaned_data["group_rules"])
        except InvalidError as fault:
            raise forms.ValidationError(fault.message) from None
