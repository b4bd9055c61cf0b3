"""Work waiting for bots: queues, items, and the tables that say where each item stands.

An item stands in exactly one of `Ready`, `Scheduled`, `Lease`, `Parked`, `Ended` (each unique on
the item). Moves are `DELETE … RETURNING` + `INSERT` in one statement and live in lifecycle only;
`manage.py check_items` proves one place per item. The hot tables carry no foreign-key constraints:
checking them would lock and rewrite the item row on every move.
"""

from .counting import Counter, CounterDelta, HourCount, Measure, MinuteCount
from .gates import Gate, ItemAnswer, Prediction
from .items import Attempt, Effect, ItemFile, ItemReference, Owned, WorkItem, WorkItemQuerySet
from .places import Ended, Lease, Parked, Place, Ready, Scheduled
from .queues import QueueRun, WorkQueue
from .uploads import Upload, UploadRow

__all__ = [
    "Attempt",
    "Counter",
    "CounterDelta",
    "Effect",
    "Ended",
    "Gate",
    "HourCount",
    "ItemAnswer",
    "ItemFile",
    "ItemReference",
    "Lease",
    "Measure",
    "MinuteCount",
    "Owned",
    "Parked",
    "Place",
    "Prediction",
    "QueueRun",
    "Ready",
    "Scheduled",
    "Upload",
    "UploadRow",
    "WorkItem",
    "WorkItemQuerySet",
    "WorkQueue",
]
