"""Settings of bots, pools and automations."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder

from .models import Automation, Bot, BotPool

MAX_SLOTS = 256

if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelForm = forms.ModelForm  # generic in the stubs only


class FolderForm(AnyModelForm):
    """A form for something in a folder; `unique` is the field that no two there may share."""

    unique = "key"

    def __init__(self, *args: Any, folder: Folder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = folder
        if "pool" in self.fields:
            pools = BotPool.objects.filter(folder=folder)
            self.fields["pool"].queryset = pools  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        wanted = values.get(self.unique)
        model: type[models.Model] = self._meta.model
        others = model._default_manager.filter(folder=self.folder, **{self.unique: wanted})
        if wanted and others.exclude(pk=self.instance.pk).exists():
            self.add_error(self.unique, _("There is one with this name in this folder already."))
        return values

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        self.instance.folder = self.folder
        return super().save(commit)


class BotForm(FolderForm):
    unique = "name"

    class Meta:
        model = Bot
        fields = ["name", "pool", "n_slots"]  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "name": _("A bot on a machine starts with: manage.py bot --pool POOL --name NAME."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slots = forms.IntegerField(
            label=self.fields["n_slots"].label,
            min_value=1,
            max_value=MAX_SLOTS,
            help_text=_("How many runs it works on at a time."),
            initial=1,
        )
        self.fields["n_slots"] = slots


class PoolForm(FolderForm):
    class Meta:
        model = BotPool
        fields = ["key", "title"]  # noqa: RUF012


class AutomationForm(FolderForm):
    class Meta:
        model = Automation
        fields = ["title", "pool", "max_run_seconds", "max_item_seconds", "grace_seconds"]  # noqa: RUF012

    unique = "title"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        longest_item, longest_run = values.get("max_item_seconds"), values.get("max_run_seconds")
        if longest_item and longest_run and longest_item >= longest_run:
            # the run would be killed before the item can be interrupted
            self.add_error(
                "max_item_seconds", _("One item must be allowed less time than the whole run.")
            )
        return values
