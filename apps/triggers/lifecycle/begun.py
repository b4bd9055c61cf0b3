"""What a start comes to."""

from dataclasses import dataclass

from apps.triggers.models import Firing


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was started: what kind of thing, the numbers, and how people call it."""

    subject: Firing.Subject
    ids: list[int]
    label: str


def named(title: str, pk: int) -> str:
    """Return how one of many is called."""
    return f"{title[:180]} #{pk}"
