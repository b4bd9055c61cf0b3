"""The SQL that moves items. Texts only: sync code and the async micro-batcher run the same.

The rules behind all of them:

- A move is one statement: DELETE … RETURNING from one place feeds INSERT into the next. An item
  can't be in two places, since only what was really deleted is inserted.
- Time is `statement_timestamp()`: the database's clock, which goes on inside a transaction.
- Leases are locked in the order of item ids before they are deleted or changed, so that two calls
  about the same items can't deadlock. What is locked is deleted by item id, never by the ctid read
  under the lock: a renewed lease has a new ctid that the statement's own snapshot can't see.
- Sweeps lock with SKIP LOCKED; they may run twice at once.
- `ready` rows are never updated, so their ctid is safe, and the cheapest way to delete them.
- Counts are appended as deltas, one row for each queue and measure that really changed.

Planner traps, seen with EXPLAIN ANALYZE: see `HOT_SETTINGS`.
"""

from .adding import (
    ADD_ONE,
    COPY_ITEMS,
    DRAW_IDS,
    KNOWN_REFERENCES,
    NOTE_PAST_REFERENCES,
    NOTE_REFERENCES,
    PLACE_ITEMS,
)
from .hot import FINISH_AND_LEASE, HOT_SETTINGS, RENEW
from .moving import (
    EXPIRE_PARKED,
    EXPIRE_READY,
    EXPIRE_SCHEDULED,
    PROMOTE,
    PUT_ENDED,
    PUT_PARKED,
    PUT_READY,
    PUT_SCHEDULED,
    TAKE,
)
from .owning import (
    ADD_OWNED,
    FORGET_TIMES,
    LEFT_TO_WITHDRAW,
    LOCK_ENDED,
    LOCK_OWNED_LEASES,
    NOTE_OWNED_REFERENCES,
    NOTE_OWNERS,
    REOPEN,
    WITHDRAW,
)
from .parts import NOW, RANK
from .room import (
    AT_WORK,
    HELD_SEATS,
    LOCK_ROOM,
    SPEND,
    ask_room,
    holds_of_queue,
    room_of_queue,
)
from .settling import (
    BEGIN_EFFECT,
    END_EFFECT,
    FORGET_EFFECT,
    LOCK_EXPIRED,
    LOCK_HELD,
    LOOK_UP,
    OPEN_EFFECTS,
    RECORD_PROGRESS,
    SETTLE,
)
from .tries import SEEN

__all__ = [
    "ADD_ONE",
    "ADD_OWNED",
    "AT_WORK",
    "BEGIN_EFFECT",
    "COPY_ITEMS",
    "DRAW_IDS",
    "END_EFFECT",
    "EXPIRE_PARKED",
    "EXPIRE_READY",
    "EXPIRE_SCHEDULED",
    "FINISH_AND_LEASE",
    "FORGET_EFFECT",
    "FORGET_TIMES",
    "HELD_SEATS",
    "HOT_SETTINGS",
    "KNOWN_REFERENCES",
    "LEFT_TO_WITHDRAW",
    "LOCK_ENDED",
    "LOCK_EXPIRED",
    "LOCK_HELD",
    "LOCK_OWNED_LEASES",
    "LOCK_ROOM",
    "LOOK_UP",
    "NOTE_OWNED_REFERENCES",
    "NOTE_OWNERS",
    "NOTE_PAST_REFERENCES",
    "NOTE_REFERENCES",
    "NOW",
    "OPEN_EFFECTS",
    "PLACE_ITEMS",
    "PROMOTE",
    "PUT_ENDED",
    "PUT_PARKED",
    "PUT_READY",
    "PUT_SCHEDULED",
    "RANK",
    "RECORD_PROGRESS",
    "RENEW",
    "REOPEN",
    "SEEN",
    "SETTLE",
    "SPEND",
    "TAKE",
    "WITHDRAW",
    "ask_room",
    "holds_of_queue",
    "room_of_queue",
]
