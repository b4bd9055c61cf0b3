"""Rules that are no times: what a queue or a state must be like, and what is expected.

Pure: no database, no clock of its own. What was measured goes in, what holds comes out.
"""

from .expecting import Expected, parse_expected, time_part
from .facts import Fact
from .judging import Judgement, Part, judge
from .parsing import parse_state
from .queues import QueueRule, parse_queue
from .tree import Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule, leaves_of
from .wording import (
    NO_TITLES,
    Thing,
    Titles,
    expected_words,
    leaf_words,
    queue_words,
    state_words,
    title_in,
)

__all__ = [
    "NO_TITLES",
    "Expected",
    "Fact",
    "Joined",
    "Judgement",
    "Leaf",
    "OfAsset",
    "OfEnd",
    "OfQueue",
    "OfTrigger",
    "Part",
    "QueueRule",
    "StateRule",
    "Thing",
    "Titles",
    "expected_words",
    "judge",
    "leaf_words",
    "leaves_of",
    "parse_expected",
    "parse_queue",
    "parse_state",
    "queue_words",
    "state_words",
    "time_part",
    "title_in",
]
