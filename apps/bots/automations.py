"""Automations for measuring the control room itself; see benchmarks/."""

import time

from django.utils.translation import gettext_lazy as _

from .registry import ItemContext, RunContext, automation

LONGEST_SECONDS = 60.0


@automation("bench.noop", title=_("Do nothing"), is_example=True)
def do_nothing(item: ItemContext) -> None:
    """End each item as done, without looking at it."""


@automation("bench.wait", title=_("Wait a moment for each item"), is_example=True)
def wait_for_item(item: ItemContext) -> None:
    """Take as long as the item says in `seconds`: work that costs no processor."""
    time.sleep(_seconds(item.payload.get("seconds")))


@automation("bench.rest", title=_("Wait a moment"), kind="run", is_example=True)
def rest(run: RunContext) -> None:
    """Take as long as the input says in `seconds`."""
    time.sleep(_seconds(run.input.get("seconds")))


def _seconds(said: object) -> float:
    return min(LONGEST_SECONDS, max(0.0, said)) if isinstance(said, int | float) else 0.02
