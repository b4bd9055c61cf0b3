"""Settings of bots, pools and automations."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.limits.forms import WallClockField
from apps.limits.models import Application, Limit

from .capabilities import CapabilitiesField
from .models import MAX_PRIORITY, Automation, Bot, BotPool, Maintenance

MAX_SLOTS = 256
PER_CENT = 100
# many rows of their own
BINDING = ("applications", "limits")

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

    def snapshot(self) -> dict[str, Any]:
        """Return what is stored now, for showing before and after."""
        model: type[models.Model] = self._meta.model
        columns = [name for name in self.fields if name not in BINDING]
        stored = model._default_manager.filter(pk=self.instance.pk).values(*columns).first()
        if stored is None:
            return {}
        many = {
            name: list(getattr(self.instance, name).values_list("pk", flat=True))
            for name in BINDING
            if name in self.fields
        }
        return {**stored, **many}

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        self.instance.folder = self.folder
        return super().save(commit)


class BotForm(FolderForm):
    unique = "name"

    class Meta:
        model = Bot
        fields = ["name", "pool", "n_slots", "capabilities"]  # noqa: RUF012
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
        self.fields["capabilities"] = CapabilitiesField(
            label=_("Can do"),
            help_text=_(
                "Words with commas between, such as sap, excel. When it is started with"
                " --capability, what is said there holds."
            ),
        )


class PoolForm(FolderForm):
    class Meta:
        model = BotPool
        fields = ["key", "title", "min_slots", "max_slots", "scale_down_seconds"]  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "min_slots": _("As many are wanted though there is nothing to do."),
            "max_slots": _("Empty: as many as there is work for."),
            "scale_down_seconds": _("Fewer slots are wanted only when that long fewer would do."),
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        least, most = values.get("min_slots"), values.get("max_slots")
        if least is not None and most is not None and most < least:
            self.add_error("max_slots", _("This must not be below the slots at least."))
        return values


class AutomationForm(FolderForm):
    class Meta:
        model = Automation
        fields = [  # noqa: RUF012
            *("title", "pool", "priority", "required_capabilities", "applications", "limits"),
            *("max_run_seconds", "max_item_seconds", "grace_seconds"),
        ]
        help_texts = {  # noqa: RUF012
            "priority": _(
                "0 to 100: who gets the next free slot. What waits rises by 10 points a minute."
            ),
            "applications": _("What it works in: it waits while one of these does not answer."),
            "limits": _("Beside those of the applications."),
        }

    unique = "title"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["required_capabilities"] = CapabilitiesField(label=_("Needs a bot with"))
        self.fields["priority"] = forms.IntegerField(
            label=self.fields["priority"].label,
            help_text=self.fields["priority"].help_text,
            min_value=0,
            max_value=MAX_PRIORITY,
        )
        if self.instance.kind == Automation.Kind.RUN:
            for name, model in (("applications", Application), ("limits", Limit)):
                known = model.objects.filter(folder=self.folder)
                self.fields[name].queryset = known  # type: ignore[attr-defined]
        else:
            # the items of a queue are bound by what the queue says
            del self.fields["applications"], self.fields["limits"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        longest_item, longest_run = values.get("max_item_seconds"), values.get("max_run_seconds")
        if longest_item and longest_run and longest_item >= longest_run:
            # the run would be killed before the item can be interrupted
            self.add_error(
                "max_item_seconds", _("One item must be allowed less time than the whole run.")
            )
        return values


class MaintenanceForm(forms.Form):
    """When a bot or a pool takes no work, and what becomes of what is at work."""

    starts_at = WallClockField(label=_("From"), required=False, help_text=_("Empty: from now on."))
    until = WallClockField(label=_("Until"), help_text=_("It takes work again by itself then."))
    strategy = forms.ChoiceField(
        label=_("What is at work"),
        choices=Maintenance.Strategy.choices,
        initial=Maintenance.Strategy.DRAIN,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for name in ("starts_at", "until"):
            moment = values.get(name)
            if moment is not None:
                values[name] = timezone.make_aware(moment)
        return values


class CanaryForm(forms.Form):
    """Another function that takes a share of the runs of an automation."""

    function = forms.ChoiceField(label=_("Try"))
    share = forms.IntegerField(
        label=_("Share of the runs, per cent"), min_value=1, max_value=90, initial=10
    )
    promote_after = forms.IntegerField(
        label=_("Let it take over after that many good tries"),
        min_value=10,
        max_value=1_000_000,
        required=False,
        help_text=_("Empty: a person decides."),
    )

    def __init__(self, *args: Any, functions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["function"].choices = functions  # type: ignore[attr-defined]

    def clean_share(self) -> float:
        share: int = self.cleaned_data["share"]
        return share / PER_CENT
