"""Rules that are no times: what a queue or a state must be like, and what is expected.

Pure: no database, no clock of its own. What was measured goes in, what holds comes out.
"""

from .expecting import Expected, expected_words, parse_expected, time_part
from .facts import Fact
from .judging import Judgement, Part, judge
from .parsing import parse_state
from .queues import QueueRule, parse_queue
from .tree import Joined, Leaf, OfAsset, OfEnd, OfQueue, OfTrigger, StateRule, leaves_of
from .wording import queue_words, state_words

__all__ = [
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
    "expected_words",
    "judge",
    "leaves_of",
    "parse_expected",
    "parse_queue",
    "parse_state",
    "queue_words",
    "state_words",
    "time_part",
]
