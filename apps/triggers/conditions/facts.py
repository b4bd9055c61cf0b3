"""What must be measured to say whether conditions hold: each once, whoever asks for it."""

from dataclasses import dataclass
from typing import Literal

FactKind = Literal[
    "queue.ready",
    "queue.oldest_seconds",
    "queue.in_progress",
    "queue.needs_decision",
    "queue.failure_share",
    "asset",
    "workflow",
    "automation",
    "trigger",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to measure in a folder: of the queue, asset, workflow, … `key`.

    `detail`: of a failure share the seconds that it is about; of an end which ends count. What is
    measured is a number for a queue, the value of an asset, and otherwise when it last happened.
    None: there is no such thing, or nothing to go by.
    """

    folder_id: int
    kind: FactKind
    key: str
    detail: str = ""
