"""What may stand in the way of a person's decision; each says who and what."""

from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import ConflictError

from .decisions import decisions_of, title_of
from .models import PendingDecision, UserTask


class TaskDecidedError(ConflictError):
    """Somebody was first; the message says who decided what and when.

    `pending` is a decision that takes effect soon, which its person can still take back.
    """

    code = "already_decided"

    def __init__(self, task: UserTask, pending: PendingDecision | None = None) -> None:
        self.task, self.pending = task, pending
        at = pending.made_at if pending else task.decided_at
        self.details: dict[str, Any] = {
            "status_of_task": task.status,
            "decision": (pending.decision if pending else task.decision) or None,
            "decided_by": (pending.user_name if pending else task.decided_by_name) or None,
            "decided_at": at.isoformat() if at else None,
        }
        if pending is not None:
            self.details["takes_effect_at"] = pending.takes_effect_at.isoformat()
        super().__init__(words_of_pending(task, pending) if pending else words_of_closing(task))


class TooLateToUndoError(ConflictError):
    """The decision has taken effect; perhaps it can be recalled."""

    code = "too_late"

    def __init__(self, task: UserTask) -> None:
        self.task = task
        super().__init__(
            _("“%(what)s” took effect at %(time)s. Recall it, if no bot has picked it up yet.")
            % {"what": words_of_decision(task), "time": _clock(task.decided_at)}
        )


class TaskChangedError(ConflictError):
    """The data changed since the person saw it; their values are kept, nothing was decided."""

    code = "task_changed"

    def __init__(self, task: UserTask) -> None:
        self.task = task
        super().__init__(
            _(
                "The data of this task was changed while you had it open. Nothing was decided. "
                "Look at the new values, then decide again."
            )
        )


class TaskInHandsError(ConflictError):
    """Somebody else has the task; the message names them."""

    code = "in_other_hands"

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s has this task. Take it over if you must.") % {"name": name})


def words_of_closing(task: UserTask) -> str:
    """Return who closed the task, how and when, as one sentence."""
    said = {
        "name": task.decided_by_name or _("The control room"),
        "time": _clock(task.decided_at),
        "what": words_of_decision(task),
    }
    if task.status == UserTask.Status.COMPLETED:
        return _("%(name)s decided this at %(time)s: %(what)s.") % said
    elif task.is_of_workflow:
        return _("The workflow went on without this at %(time)s (%(what)s).") % said
    elif task.status == UserTask.Status.EXPIRED:
        return _("This expired at %(time)s: nobody worked the item in time.") % said
    else:
        return _("%(name)s moved the item on at %(time)s (%(what)s); no decision is needed.") % said


def words_of_pending(task: UserTask, pending: PendingDecision) -> str:
    """Return who decided what and when it takes effect, as one sentence."""
    said = {
        "name": pending.user_name,
        "time": _clock(pending.made_at),
        "what": words_of_decision(task, pending.decision),
        "then": _clock(pending.takes_effect_at),
    }
    return _("%(name)s decided this at %(time)s: %(what)s. It takes effect at %(then)s.") % said


def words_of_decision(task: UserTask, key: str | None = None) -> str:
    """Return what a decision is called; `key` None: the one that closed the task."""
    key = task.decision if key is None else key
    for decision in decisions_of(task.decisions):
        if decision.key == key:
            return title_of(decision)
    return str(ELSEWHERE.get(key, key)) or _("elsewhere")


def _clock(at: datetime | None) -> str:
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i:s") if at else "–"


# why a workflow went on, and what people do with items on the queues' pages, as it is kept with
# the task it made needless
ELSEWHERE = {
    "timer": gettext_lazy("its time ran out"),
    "message": gettext_lazy("a message came"),
    "signal": gettext_lazy("a signal came"),
    "error": gettext_lazy("an error was caught"),
    "repaired": gettext_lazy("repaired elsewhere"),
    "withdrawn": gettext_lazy("no longer needed"),
    "retried": gettext_lazy("sent back to the bots"),
    "skipped": gettext_lazy("left out"),
    "cancelled": gettext_lazy("cancelled"),
    "rejected": gettext_lazy("rejected"),
    "completed_by_hand": gettext_lazy("done by hand"),
    "reopened": gettext_lazy("reopened"),
    "effect_settled": gettext_lazy("settled"),
}
