"""What people fill in on the pages over everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.keys import KeyField
from apps.lib.numbers import VERSIONS

from .lifecycle.hand_overs import MAX_AUDIENCE
from .models import MAX_NOTE, MAX_ROTATE_SECONDS, MIN_ROTATE_SECONDS, Wall
from .tiles import TILES
from .wall_checking import MAX_NETWORKS, MAX_PAGES, MAX_TITLE

CLOCK = "%H:%M"


class HandOverForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 5, "class": "control"}),
        help_text=gettext_lazy("What is going on, what you left open, what to look at first."),
    )
    audience = forms.CharField(
        label=gettext_lazy("For"),
        max_length=MAX_AUDIENCE,
        required=False,
        help_text=gettext_lazy("A shift, a team or a person, such as: night shift."),
        widget=forms.TextInput(attrs={"class": "control"}),
    )
    version = forms.IntegerField(
        required=False, min_value=0, max_value=VERSIONS - 1, widget=forms.HiddenInput
    )


@dataclass(frozen=True)
class PageRow:
    """The fields of one page of a wall."""

    number: int
    title: forms.BoundField
    tiles: forms.BoundField
    shows_chart: forms.BoundField


class WallForm(forms.Form):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Part of its address; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    rotate_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds a page"),
        min_value=MIN_ROTATE_SECONDS,
        max_value=MAX_ROTATE_SECONDS,
        help_text=gettext_lazy("With more than one page: how long each stays, 15 to 120."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    dim_from = forms.TimeField(
        label=gettext_lazy("Dim from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format=CLOCK),
    )
    dim_until = forms.TimeField(
        label=gettext_lazy("Dim until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format=CLOCK),
        help_text=gettext_lazy("At night the screen is darker; on the wall's own clock."),
    )

    def __init__(self, *arguments: Any, wall: Wall, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "initial": _initial(wall)})
        if wall.pk:
            del self.fields["key"]
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)
        zones.choices = [(zone, zone) for zone in sorted(available_timezones())]
        for number in range(MAX_PAGES):
            self._add_page(number)

    def plain(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("page_")]

    def page_rows(self) -> Iterator[PageRow]:
        for number in range(MAX_PAGES):
            title, tiles, chart = (self[f"page_{number}_{part}"] for part in _PARTS)
            yield PageRow(number + 1, title, tiles, chart)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self._pages():
            self.add_error("page_0_tiles", _("Choose at least one tile for the first page."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what was entered as a wall keeps it."""
        names = ("title", "rotate_seconds", "time_zone", "dim_from", "dim_until")
        return {**{name: self.cleaned_data[name] for name in names}, "pages": self._pages()}

    def field_of(self, path: str) -> str | None:
        """Return the field that a problem at `path` belongs to."""
        if path in self.fields:
            return path
        head, _dot, rest = path.partition(".")
        return f"page_{rest[:1] or 0}_tiles" if head == "pages" else None

    def _pages(self) -> list[dict[str, Any]]:
        """A page without tiles is no page."""
        found = []
        for number in range(MAX_PAGES):
            title, tiles, chart = (self.cleaned_data[f"page_{number}_{part}"] for part in _PARTS)
            if tiles:
                # in the order of the choices, whatever order a browser sends
                chosen = [key for key in TILES if key in tiles]
                found.append({"title": title, "tiles": chosen, "shows_chart": chart})
        return found

    def _add_page(self, number: int) -> None:
        self.fields[f"page_{number}_title"] = forms.CharField(
            label=_("Heading"), max_length=MAX_TITLE, required=False
        )
        self.fields[f"page_{number}_tiles"] = forms.MultipleChoiceField(
            label=_("Tiles"),
            choices=[(key, label) for key, (label, _tile) in TILES.items()],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields[f"page_{number}_chart"] = forms.BooleanField(
            label=_("With the chart of the last hour"), required=False
        )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the screen"),
        max_length=100,
        help_text=gettext_lazy("Where it hangs, so that you know which one to take back."),
    )
    networks = forms.CharField(
        label=gettext_lazy("Only from"),
        max_length=MAX_NETWORKS,
        required=False,
        help_text=gettext_lazy("Addresses or networks, such as 10.1.0.0/16. Empty: anywhere."),
    )


_PARTS = ("title", "tiles", "chart")


def _initial(wall: Wall) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(wall, name)
        for name in ("key", "title", "rotate_seconds", "time_zone", "dim_from", "dim_until")
    }  # fmt: skip
    for number, page in enumerate(wall.pages[:MAX_PAGES]):
        found[f"page_{number}_title"] = page.get("title", "")
        found[f"page_{number}_tiles"] = page.get("tiles", [])
        found[f"page_{number}_chart"] = page.get("shows_chart", False)
    return found
