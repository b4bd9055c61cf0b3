"""Fan-in: the ends of many items become one event, without a row that all of them write.

Their results are inserted side by side. Of two transactions that each insert one of the last two,
neither sees the other's; so whoever inserted looks again after the commit (news from the outbox),
and the last to look sees all. The token of the step makes it happen once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from apps.events.bus import announce
from apps.lib.clock import database_now
from apps.workflows.engine.events import PassesEnded
from apps.workflows.statements import COUNT_PASSES, RECORD_PASSES, RESULTS_OF

from .happenings import Happening
from .running import dumped, run
from .stepping import step

# News of our own: {"fan_outs": [[instance, token]]}
COUNTED = "workflow.passes"


@dataclass(frozen=True, slots=True)
class Pass:
    """How item `index` of a fan-out ended."""

    instance_id: int
    token: int
    index: int
    status: str
    output: Any
    code: str
    message: str


def record_passes(passes: Sequence[Pass]) -> None:
    """Keep these results, and have somebody look whether they were the last."""
    if not passes:
        return
    rows = [asdict(each) for each in passes]
    touched = run(RECORD_PASSES, {"passes": dumped(rows)})
    if touched:
        announce(COUNTED, {"fan_outs": [list(row) for row in touched]})


@transaction.atomic
def finish_fan_outs(fan_outs: Iterable[tuple[int, int]]) -> int:
    """Let steps go on whose items have all ended; return how many."""
    asked = sorted(set(fan_outs))
    if not asked:
        return 0
    ids, tokens = (list(column) for column in zip(*asked, strict=True))
    full = run(COUNT_PASSES, {"ids": ids, "tokens": tokens})
    if not full:
        return 0
    now = database_now()
    happenings = [
        Happening(instance_id, _ended(instance_id, token, total, now))
        for instance_id, token, total, _failed in full
    ]
    return len(step(happenings))


def _ended(instance_id: int, token: int, total: int, now: datetime) -> PassesEnded:
    """Read the results in the order of the collection."""
    rows = run(RESULTS_OF, {"id": instance_id, "token": token})
    results: list[Any] = [None] * total
    skipped, failures = [], []
    for index, status, output, code, message in rows:
        if status == "skipped":
            skipped.append(index)
        elif status == "successful":
            results[index] = orjson.loads(output) if output is not None else None
        else:
            failures.append((code, message))
    code, message = failures[0] if failures else ("", "")
    return PassesEnded(
        at=now,
        token=token,
        results=results,
        skipped=skipped,
        failed=len(failures),
        code=code,
        message=message,
    )
