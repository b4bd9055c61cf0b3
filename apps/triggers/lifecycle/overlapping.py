"""What a trigger started last may still be under way: its policy says what then."""

from collections import defaultdict
from collections.abc import Sequence

from apps.triggers.models import Firing, Trigger

from .recording import last_started, note
from .starting import actor_of, cancel_subject, under_way

Outcome, Reason, Overlap = Firing.Outcome, Firing.Reason, Trigger.Overlap


class Overlaps:
    """What is under way of some triggers, whose rows are locked; two queries and one per kind."""

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        ids = [trigger.pk for trigger in triggers if trigger.overlap != Overlap.ALLOW]
        self._active: dict[int, list[Firing]] = defaultdict(list)
        for firing in under_way(last_started(ids)):
            self._active[firing.trigger_id].append(firing)
        waiting = Firing.objects.filter(trigger__in=ids, outcome=Outcome.WAITING) if ids else []
        self._waiting = {firing.trigger_id: firing for firing in waiting}
        self._begun: set[int] = set()

    def let_pass(self, trigger: Trigger, firing: Firing) -> bool:
        """Say whether the firing may start now; if not, fill in what becomes of it."""
        if trigger.overlap == Overlap.ALLOW:
            return True
        active = self._still_active(trigger.pk)
        if trigger.overlap == Overlap.CANCEL_PREVIOUS:
            return self._take_its_place(trigger, firing, active)
        if not active and trigger.pk not in self._waiting:
            return True
        if trigger.overlap == Overlap.QUEUE_ONE and trigger.pk not in self._waiting:
            self._let_wait(firing)
        else:
            note(firing, Outcome.SKIPPED, Reason.OVERLAP, _first_label(active))
        return False

    def note(self, firing: Firing) -> None:
        """Remember what was started just now, for the next time of the same trigger."""
        if firing.subject_id is not None:
            self._active[firing.trigger_id].append(firing)
            self._begun.add(firing.trigger_id)

    def _take_its_place(self, trigger: Trigger, firing: Firing, active: list[Firing]) -> bool:
        for each in active:
            cancel_subject(each, by=actor_of(trigger))
        replaced = self._waiting.pop(trigger.pk, None)
        if replaced is not None:
            # at once: only one may wait, and this one may have to
            note(replaced, Outcome.SKIPPED, Reason.REPLACED)
            replaced.save(update_fields=["outcome", "reason"])
        self._active[trigger.pk] = under_way(active)
        if not self._active[trigger.pk]:
            return True
        self._let_wait(firing)  # a bot ends what it has in hand first
        return False

    def _let_wait(self, firing: Firing) -> None:
        note(firing, Outcome.WAITING, "")
        self._waiting[firing.trigger_id] = firing

    def _still_active(self, trigger_id: int) -> list[Firing]:
        """What began in this very batch may be over already: ask again."""
        if trigger_id in self._begun:
            self._active[trigger_id] = under_way(self._active[trigger_id])
        return self._active[trigger_id]


def _first_label(active: list[Firing]) -> str:
    return active[0].label if active else ""
