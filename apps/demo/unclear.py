"""An invoice whose lines may mean anything, so that the classifier is not sure."""

from dataclasses import replace
from random import SystemRandom

from apps.accounts.models import Folder

from .making import MadeInvoice
from .reading.cost_centres import UNCLEAR
from .trickle import make_one

N_UNCLEAR = 2


def make_unclear(folder: Folder) -> MadeInvoice:
    """Make a valid invoice; up to two of its lines have names that fit several cost centres."""
    made = make_one(folder)
    names = SystemRandom().sample(list(UNCLEAR), N_UNCLEAR)
    lines = list(made.invoice.lines)
    for place, name in enumerate(names[: len(lines)]):
        lines[place] = replace(lines[place], description=name)
    return replace(made, invoice=replace(made.invoice, lines=tuple(lines)))
