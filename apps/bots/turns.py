"""Which waiting run gets a free slot, and when a run gives up its slot for another.

Slots are shared out among the sources of runs: a queue that floods does not starve another. Who
claims looks at what its bot may run, and takes a run of the source with the highest level of
priority; among equals of the one with the fewest slots for its share; among these of the one that
was longest without a slot. Who has a slot gives it up when another source has waited for its turn.

Priority says who is next, and takes no slot away; shares say how many slots each keeps. A source
without any slot rises by one point of priority for each POINT_SECONDS that it waits, so that the
least urgent one is served in the end.
"""

from collections.abc import Sequence

from django.db import connection

from .statements import IS_TURN_OVER, IS_WANTED, LOOK, PENDING_BOUND, refused_versions

# How long a run waits for a free slot before one that is in use is given up for it, and how long a
# run may keep its slot in any case. Starting a run takes about a tenth of a second.
TURN_SECONDS = 2.5


def is_turn_over(run_id: int) -> bool:
    """Return whether the run should end in order, since another source waits for a slot."""
    names = {"run": run_id, "turn": TURN_SECONDS}
    return _is_so(IS_TURN_OVER, names)


def is_slot_wanted(run_id: int) -> bool:
    """Return whether another run waits that the slot of this one may take."""
    return _is_so(IS_WANTED, {"run": run_id})


def _is_so(question: str, names: dict[str, float]) -> bool:
    """Ask; if it is so, ask again without the runs that limits keep from starting anyway."""
    with connection.cursor() as cursor:
        cursor.execute(question, {**names, "refused": []})
        if not cursor.fetchone()[0]:
            return False
        refused = _refused(names["run"])
        if not refused:
            return True
        cursor.execute(question, {**names, "refused": list(refused)})
        (is_so,) = cursor.fetchone()
    return bool(is_so)


def _refused(run_id: float) -> Sequence[int]:
    """Return the versions of which no run may start now; nothing is locked, since nobody starts."""
    with connection.cursor() as cursor:
        cursor.execute("select pool_id from bots_run where id = %s", [run_id])
        pool = {"pool": cursor.fetchone()[0]}
        cursor.execute(LOOK, pool)
        if not all(cursor.fetchone()):
            return []
        cursor.execute(PENDING_BOUND, pool)
        found = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(refused_versions(), {"automations": found})
        return [pk for (pk,) in cursor.fetchall()]
