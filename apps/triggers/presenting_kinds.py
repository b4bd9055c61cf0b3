"""The kinds of triggers as people choose and recognise them: a word, an icon, what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Trigger

Kind = Trigger.Kind
# What the editor can make, in the order people are offered it
OFFERED: Final = tuple(kind.value for kind in Kind)
ICONS: Final[Mapping[str, str]] = {
    Kind.TIME: "calendar-clock",
    Kind.QUEUE: "stack-2",
    Kind.STATE: "activity",
    Kind.EVENT: "bolt",
    Kind.EXPECTED: "checklist",
}
PURPOSES: Final[Mapping[str, "str | Promise"]] = {
    Kind.TIME: _("At its times: days, hours, every so often"),
    Kind.QUEUE: _("When items wait: as many as they need"),
    Kind.STATE: _("When something comes to hold: backlog, age, values, ends"),
    Kind.EVENT: _("When something comes in: a call, a file, a mail"),
    Kind.EXPECTED: _("When something is not there by its time"),
}


@dataclass(frozen=True)
class KindWord:
    """How a kind is called and recognised."""

    key: str
    word: str
    icon: str


@dataclass(frozen=True)
class KindChoice:
    key: str
    word: str
    icon: str
    purpose: str
    current: bool

    @property
    def url(self) -> str:
        return f"?kind={self.key}"


def kind_word(kind: str) -> KindWord:
    return KindWord(kind, str(Kind(kind).label), ICONS[kind])


def kinds_to_choose(current: str) -> list[KindChoice]:
    """Return the kinds that the editor offers for a new trigger."""
    return [
        KindChoice(key, str(Kind(key).label), ICONS[key], str(PURPOSES[key]), key == current)
        for key in OFFERED
    ]
