"""What is asked before an evidence pack is made."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.accounts.permissions import Action, Rights
from apps.search.asking import MAX_TEXT

from .packing import MAX_REASON


class EvidenceForm(forms.Form):
    reference = forms.CharField(
        label=_("Business reference"), max_length=MAX_TEXT, help_text=_("exactly as it is written")
    )
    folder = forms.ChoiceField(label=_("Folder"))
    reason = forms.CharField(
        label=_("Why"),
        max_length=MAX_REASON,
        help_text=_("It stands in the pack and in the audit."),
    )
    with_personal_data = forms.BooleanField(
        label=_("With personal data"),
        required=False,
        help_text=_("Else dots stand in their place. Each item that is in it so is recorded."),
    )

    def __init__(self, *args: Any, folders: Sequence[Folder], rights: Rights, **named: Any) -> None:
        super().__init__(*args, **named)
        choices = [(folder.key, folder.title) for folder in folders]
        chosen = self.fields["folder"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = choices
        if not rights.folder_ids(Action.REVEAL):
            del self.fields["with_personal_data"]
