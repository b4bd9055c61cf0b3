"""Applications, limits and freezes as people edit them; holds and emergency stops as they ask."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.calendars.checking import zones
from apps.lib.durations import duration_in_words, parse_duration
from apps.lib.errors import DomainError, InvalidError
from apps.lib.keys import KeyField

from .models import MAX_CALLS, MAX_SECONDS, MAX_SIZE, Application, Freeze, Limit

PER_CENT = 100


class WallClockField(forms.DateTimeField):
    """A date and a time as a clock on the wall shows it; whose clock, the form knows."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **options: Any) -> None:
        message = gettext_lazy("Give a date and a time.")
        super().__init__(error_messages={"invalid": message}, **options)

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None
        if found.tzinfo is not None or not 1970 <= found.year <= 9000:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value


class LengthField(forms.CharField):
    """A length of time as people write it: 90 s, 15 min. Cleaned to whole seconds, or None."""

    def __init__(self, *, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        is_seconds = isinstance(value, int) and not isinstance(value, bool)
        return duration_in_words(value, parts=4) if is_seconds else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            seconds = round(parse_duration(text).total_seconds())
        except InvalidError as error:
            raise forms.ValidationError(error.message) from None
        if not self.least <= seconds <= self.most:
            words = {name: duration_in_words(getattr(self, name)) for name in ("least", "most")}
            raise forms.ValidationError(_("must be from %(least)s to %(most)s") % words)
        return seconds


class DomainForm(forms.Form):
    """A form whose values a lifecycle checks once more, and whose refusals it shows."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def refuse(self, error: DomainError) -> None:
        """Show each problem at its field, or above all when there is no such field."""
        for problem in error.fields:
            field = problem.path if problem.path in self.fields else None
            self.add_error(field, problem.message if field else error.message)
        if not error.fields:
            self.add_error(None, error.message)

    def values(self) -> dict[str, Any]:
        """Return what was entered as the lifecycle takes it."""
        kept = ("key", "version")
        return {name: value for name, value in self.cleaned_data.items() if name not in kept}

    def shown(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]


class ApplicationForm(DomainForm):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Programs name it so; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    runbook_url = forms.URLField(
        label=gettext_lazy("What to do when it fails"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("The address of a page that says it."),
    )
    breaker_on = forms.BooleanField(
        label=gettext_lazy("Let its work rest when it fails"), required=False
    )
    failure_share = forms.IntegerField(
        label=gettext_lazy("When so many per cent of the tries fail"),
        min_value=1,
        max_value=PER_CENT,
    )
    min_calls = forms.IntegerField(
        label=gettext_lazy("Of at least so many tries"), min_value=1, max_value=MAX_CALLS
    )
    window_seconds = LengthField(label=gettext_lazy("Within"), least=10, most=MAX_SECONDS)
    open_seconds = LengthField(
        label=gettext_lazy("It rests for"),
        least=1,
        most=3_600,
        help_text=gettext_lazy("Twice as long each time that it fails again, up to an hour."),
    )
    probes = forms.IntegerField(
        label=gettext_lazy("It goes on after so many good tries"), min_value=1, max_value=100
    )

    def __init__(self, data: Any = None, *, row: Application) -> None:
        names = ("title", "description", "runbook_url", "breaker_on", "min_calls", "version")
        more = ("window_seconds", "open_seconds", "probes")
        initial = {name: getattr(row, name) for name in (*names, *more)}
        initial["failure_share"] = round(row.failure_share * PER_CENT)
        super().__init__(data, initial=initial)
        if row.pk:
            del self.fields["key"]

    def values(self) -> dict[str, Any]:
        said = super().values()
        return {**said, "failure_share": said["failure_share"] / PER_CENT}

    def plain(self) -> list[forms.BoundField]:
        return self.shown("key", "title", "description", "runbook_url")

    def breaker(self) -> list[forms.BoundField]:
        names = ("failure_share", "min_calls", "window_seconds", "open_seconds", "probes")
        return self.shown(*names)


class LimitForm(DomainForm):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Programs name it so; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    application = forms.ModelChoiceField(
        label=gettext_lazy("Of the application"),
        queryset=Application.objects.none(),
        required=False,
        empty_label=gettext_lazy("none"),
        help_text=gettext_lazy("Then it binds all work that uses the application."),
    )
    asset = forms.CharField(
        label=gettext_lazy("Sessions of the credential"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("The key of an asset, for people to know what is counted."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What is limited"),
        choices=[
            (Limit.Kind.SEATS, gettext_lazy("How much is at work at the same time")),
            (Limit.Kind.RATE, gettext_lazy("How many start in a time")),
        ],
        widget=forms.RadioSelect,
    )
    size = forms.IntegerField(
        label=gettext_lazy("At most"),
        min_value=1,
        max_value=MAX_SIZE,
        help_text=gettext_lazy("1 at the same time is a lock: one after the other."),
    )
    per_seconds = LengthField(
        label=gettext_lazy("In"),
        least=1,
        most=MAX_SECONDS,
        required=False,
        help_text=gettext_lazy("Of a number of starts: in which time, as 1 min."),
    )
    burst = forms.IntegerField(
        label=gettext_lazy("At once"),
        min_value=1,
        max_value=MAX_SIZE,
        required=False,
        help_text=gettext_lazy(
            "Of a number of starts: how many of them may come at once after a rest; 1 spreads them."
        ),
    )

    def __init__(self, data: Any = None, *, row: Limit) -> None:
        names = ("title", "application", "asset", "kind", "size", "per_seconds", "burst", "version")
        super().__init__(data, initial={name: getattr(row, name) for name in names})
        own = Application.objects.filter(folder=row.folder_id)
        choice = self.fields["application"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = own
        if row.pk:
            del self.fields["key"]

    def plain(self) -> list[forms.BoundField]:
        return self.shown("key", "title", "application", "asset")

    def of_rate(self) -> list[forms.BoundField]:
        return self.shown("per_seconds", "burst")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["burst"] = cleaned.get("burst") or 1
        if cleaned.get("kind") == Limit.Kind.SEATS:
            # what the other kind was told is of no use to this one
            cleaned |= {"per_seconds": None, "burst": 1}
        return cleaned


class FreezeForm(DomainForm):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Everybody who asks why something waits reads it."),
    )
    applications = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Work in these applications"),
        queryset=Application.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all work of the folder."),
    )
    starts_at = WallClockField(label=gettext_lazy("From"))
    ends_at = WallClockField(label=gettext_lazy("Until"))
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    repeats = forms.ChoiceField(label=gettext_lazy("Repeats"), choices=Freeze.Repeats.choices)

    def __init__(self, data: Any = None, *, row: Freeze) -> None:
        super().__init__(data, initial=_freeze_initial(row))
        own = Application.objects.filter(folder=row.folder_id)
        several, zone = self.fields["applications"], self.fields["zone"]
        assert isinstance(several, forms.ModelMultipleChoiceField)
        assert isinstance(zone, forms.ChoiceField)
        several.queryset = own
        zone.choices = [(each, each) for each in zones()]
        if not own.exists():
            del self.fields["applications"]

    def plain(self) -> list[forms.BoundField]:
        return self.shown("title", "reason", "starts_at", "ends_at", "zone", "repeats")

    def values(self) -> dict[str, Any]:
        said = super().values()
        zone = ZoneInfo(said["zone"])
        for name in ("starts_at", "ends_at"):
            said[name] = said[name].replace(tzinfo=zone)
        return {**said, "applications": list(said.get("applications", ()))}


class HoldForm(forms.Form):
    """Until when, on the person's clock, and why."""

    until = WallClockField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until somebody releases it."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)

    def moment(self) -> datetime | None:
        """Return until when; None: until somebody releases it."""
        until: datetime | None = self.cleaned_data["until"]
        return until and until.replace(tzinfo=timezone.get_current_timezone())


class TypedForm(forms.Form):
    """Something that stops or starts a whole folder: its title is typed, so that it is meant."""

    typed = forms.CharField(
        max_length=200, widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, data: Any = None, *, folder: Folder) -> None:
        super().__init__(data)
        self.folder = folder
        self.fields["typed"].label = _("Type “%s”, so that it is meant") % folder.title

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.strip() != self.folder.title:
            raise forms.ValidationError(_("This is not the title of the folder."))
        return typed


class StopForm(TypedForm):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("It stands on every page until the stop is lifted."),
    )
    stops_runs = forms.BooleanField(
        label=gettext_lazy("Stop what is at work, too"),
        required=False,
        help_text=gettext_lazy("Runs are asked to stop; their items go back and wait."),
    )
    field_order = ("reason", "stops_runs", "typed")


class LiftForm(TypedForm):
    pass


def _freeze_initial(row: Freeze) -> dict[str, Any]:
    zone = ZoneInfo(row.zone)
    times: Iterable[tuple[str, datetime | None]] = (
        ("starts_at", row.first_starts_at),
        ("ends_at", row.first_ends_at),
    )
    return {
        "title": row.title,
        "reason": row.reason,
        "repeats": row.repeats,
        "zone": row.zone,
        "version": row.version,
        "applications": list(row.applications.all()) if row.pk else [],
        **{name: at.astimezone(zone) if at else None for name, at in times},
    }
