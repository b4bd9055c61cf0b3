"""One item in words: where it stands, what may be done, what was tried, what happened."""

import json
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import LogLine
from apps.events.bus import publish
from apps.events.history import history_of
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.actors import Actor
from apps.lib.durations import duration_in_words
from apps.lib.json import Json
from apps.lib.schema import mask, personal_paths

from .forms import NothingToAskForm, ReasonForm, ReferenceForm
from .item_changes import changes_in_words
from .item_data import DataView, view_of
from .models import Attempt, Effect, Ended, Lease, Parked, Scheduled, WorkItem
from .owners import OwnerLink, link_of, owner_of
from .reading_presenting import readings_of

Status = WorkItem.Status
WAITING = frozenset({Status.NEW})
PARKED = frozenset({Status.NEEDS_DECISION, Status.ON_HOLD})
FINAL = frozenset(Ended.Status.values)
MAX_LOG_LINES = 500
MAX_ATTEMPTS = 50


@dataclass(frozen=True)
class Verb:
    """Something a person may do with an item, and the words for it."""

    name: str
    label: Any
    key: str
    question: Any
    effect: Any
    allowed_in: frozenset[str]
    form_class: type[forms.Form] = ReasonForm
    style: str = ""
    form: forms.Form = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "form", self.form_class(auto_id=f"id_{self.name}_%s"))

    @property
    def asks(self) -> bool:
        return self.form_class is not NothingToAskForm


VERBS = [
    Verb(
        "retry", gettext_lazy("Try again now"), "r", gettext_lazy("Try this item again now?"),
        gettext_lazy("It goes back to the bots at once, with all its tries."),
        frozenset({Status.NEEDS_DECISION}) | WAITING, NothingToAskForm,
    ),
    Verb(
        "hold", gettext_lazy("Hold"), "h", gettext_lazy("Hold this item?"),
        gettext_lazy("No bot takes it until somebody resumes it."), WAITING,
    ),
    Verb(
        "resume", gettext_lazy("Resume"), "h", gettext_lazy("Resume this item?"),
        gettext_lazy("Bots may take it again."), frozenset({Status.ON_HOLD}), NothingToAskForm,
        style="btn-primary",
    ),
    Verb(
        "skip", gettext_lazy("Leave out"), "l", gettext_lazy("Leave this item out?"),
        gettext_lazy("It ends as left out. Nothing is done for it."), WAITING | PARKED,
    ),
    Verb(
        "complete-by-hand", gettext_lazy("Done by hand"), "d",
        gettext_lazy("Was this item done by hand?"),
        gettext_lazy("It ends as done, with the reference of what you did elsewhere."),
        WAITING | PARKED, ReferenceForm,
    ),
    Verb(
        "cancel", gettext_lazy("Cancel"), "c", gettext_lazy("Cancel this item?"),
        gettext_lazy("It ends as cancelled. You can reopen it."), WAITING | PARKED,
        style="btn-danger",
    ),
    Verb(
        "reopen", gettext_lazy("Reopen"), "o", gettext_lazy("Reopen this item?"),
        gettext_lazy("It goes back to the bots as the same item, with its history."), FINAL,
    ),
]  # fmt: skip


def status_of(item: WorkItem) -> str:
    """Return what `with_status` found."""
    status: str = item.status
    return status


def item_verbs(item: WorkItem, *, may_operate: bool, is_owned: bool = False) -> list[Verb]:
    """Return what may be done with the item where it stands now.

    What belongs to an instance and has ended goes on there, not here.
    """
    status = status_of(item)
    if not may_operate or (is_owned and status in FINAL):
        return []
    return [verb for verb in VERBS if status in verb.allowed_in]


def instance_of(item: WorkItem) -> OwnerLink | None:
    """Return the instance that the item belongs to; None for an item for its own sake."""
    owner = owner_of(item.pk)
    return link_of(owner.owner_id) if owner else None


def may_edit(item: WorkItem) -> bool:
    return status_of(item) in WAITING | PARKED


def item_standing(item: WorkItem) -> dict[str, Any]:
    """Return where the item stands in one sentence, why, and its facts."""
    told = _PLACES.get(status_of(item), _ended)(item)
    return {"status": status_of(item), "tone": "watch", "facts": _facts(item), **told}


def _waiting(item: WorkItem) -> dict[str, Any]:
    later = Scheduled.objects.filter(item_id=item.pk).first()
    if later is None:
        return {"sentence": _("Waits for a bot.")}
    when = {"time": _clock(later.available_at)}
    if later.why == Scheduled.Why.RETRY:
        sentence = _("The next try is at %(time)s.") % when
        return {"sentence": sentence, "status": "retry", "at": later.available_at}
    return {"sentence": _("Not before %(time)s.") % when}


def _running(item: WorkItem) -> dict[str, Any]:
    lease = Lease.objects.filter(item_id=item.pk).first()
    if lease is None:
        return {"sentence": _("A bot has just finished with it.")}
    sentence = _("%(bot)s works on it, until %(time)s unless it renews.")
    return {
        "sentence": sentence % {"bot": lease.bot, "time": _clock(lease.expires_at)},
        "share": share_done(lease),
        "run_url": reverse("runs:run_detail", args=[lease.run_id]) if lease.run_id else "",
    }


def share_done(lease: Lease) -> int | None:
    """Return the progress that the bot reported, in percent; None if it reported no share."""
    told = lease.progress
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 1:
        return None
    return round(100 * told)


def _parked(item: WorkItem) -> dict[str, Any]:
    parked = Parked.objects.filter(item_id=item.pk).first()
    if parked is None:
        return {"sentence": _("Somebody has just moved it on.")}
    if parked.status == Parked.Status.ON_HOLD:
        return {
            "sentence": _("Held by %(name)s.") % {"name": parked.by},
            "title": _("Why it is held"),
            "message": parked.message,
        }
    return {
        "sentence": _("Waits for a person to decide."),
        "title": str(Parked.Cause(parked.cause).label),
        "message": parked.message,
        "task_url": f"/inbox/?q={item.pk}",
        "tone": "person",
        "is_for_inbox": True,
    }


def _ended(item: WorkItem) -> dict[str, Any]:
    ended = Ended.objects.filter(item_id=item.pk).first()
    if ended is None:
        return {"sentence": _("It has just been reopened.")}
    sentence = _("Ended at %(time)s.") % {"time": _clock(ended.at)}
    if ended.by:
        by_person = _("Ended by %(name)s at %(time)s.")
        sentence = by_person % {"name": ended.by, "time": _clock(ended.at)}
    tone = "act" if ended.status == Ended.Status.FAILED else "ok"
    return {"sentence": sentence, "message": ended.note, "title": _("Note"), "tone": tone}


_PLACES = {
    Status.NEW.value: _waiting,
    Status.IN_PROGRESS.value: _running,
    Status.NEEDS_DECISION.value: _parked,
    Status.ON_HOLD.value: _parked,
}


def _facts(item: WorkItem) -> list[tuple[Any, Any]]:
    by = f"{item.get_origin_display()}: {item.added_by}" if item.added_by else ""
    pairs = [
        (_("Number"), f"#{item.pk}"),
        (_("Priority"), item.priority),
        (_("Came in"), _clock(item.entered_at)),
        (_("From"), by or item.get_origin_display()),
        (_("Due"), _clock(item.due_at) if item.due_at else "–"),
    ]
    if item.expires_at:
        pairs.append((_("Expires"), _clock(item.expires_at)))
    return pairs


def attempts_of(item: WorkItem) -> list[dict[str, Any]]:
    """Return the tries, newest first, each as a card."""
    found = Attempt.objects.filter(item_id=item.pk).order_by("-number", "-ended_at")[:MAX_ATTEMPTS]
    read = readings_of(item)
    return [{**_attempt_card(attempt), "read": read.get(attempt.number)} for attempt in found]


# which of the eight words' colours and glyphs an outcome has: a data problem goes to a person
BADGES = {
    Attempt.Outcome.SUCCESSFUL: "done",
    Attempt.Outcome.BUSINESS_EXCEPTION: "person",
    Attempt.Outcome.APPLICATION_EXCEPTION: "failed",
    Attempt.Outcome.LOST: "failed",
    Attempt.Outcome.RELEASED: "waiting",
    Attempt.Outcome.ASKED: "person",
}


def _attempt_card(attempt: Attempt) -> dict[str, Any]:
    took = duration_in_words((attempt.ended_at - attempt.started_at).total_seconds())
    facts: list[tuple[Any, Any]] = [
        (_("Bot"), attempt.bot),
        (_("Began"), _clock(attempt.started_at)),
        (_("Took"), took),
    ]
    if attempt.code:
        facts.append((_("Code"), attempt.code))
    return {
        "number": attempt.number,
        "badge": BADGES[Attempt.Outcome(attempt.outcome)],
        "word": attempt.get_outcome_display(),
        "message": attempt.message,
        "facts": facts,
        "run_url": reverse("runs:run_detail", args=[attempt.run_id]) if attempt.run_id else "",
        "output": _pretty(attempt.output) if attempt.output else "",
        "detail": attempt.detail,
    }


def effects_of(item: WorkItem) -> list[Effect]:
    return list(Effect.objects.filter(item_id=item.pk).order_by("pk"))


def log_of_item(item: WorkItem) -> list[dict[str, Any]]:
    lines = LogLine.objects.filter(item_id=item.pk).order_by("-at", "-id")[:MAX_LOG_LINES]
    return [
        {"n": line.id, "at": line.at, "level": line.level, "message": line.message}
        for line in reversed(lines)
    ]


def history_of_item(item: WorkItem) -> list[dict[str, Any]]:
    """Return what people did, newest first, and how the item came in."""
    events = history_of(("item", item.pk)).items
    entries = [
        {
            "what": sentence_of(event),
            "at": event.occurred_at,
            "note": _note_of(event),
            "changes": changes_in_words(event.data.get("changes"), item.queue.payload_schema),
        }
        for event in events
    ]
    came = {"what": _("Came in"), "who": item.added_by, "at": item.entered_at}
    return [*entries, came]


def _note_of(event: Event) -> str:
    """Return why it was done, and with which operation, if it was done to many."""
    operation, reason = event.data.get("operation"), event.data.get("reason")
    said = [_("Operation %(n)s") % {"n": operation}] if operation else []
    return " · ".join([*said, *([str(reason)] if reason else [])])


def masked_data(item: WorkItem) -> DataView:
    """Return the data by the schema's labels, personal values masked."""
    return view_of(mask(item.payload, item.queue.payload_schema), item.queue.payload_schema)


def plain_data(item: WorkItem) -> DataView:
    return view_of(item.payload, item.queue.payload_schema)


def has_personal(item: WorkItem) -> bool:
    return bool(personal_paths(item.queue.payload_schema))


def record_reveal(item: WorkItem, *, by: Actor) -> None:
    """Write down that somebody looked at personal data."""
    publish(
        "work_item.revealed",
        subject=("item", item.pk),
        folder_id=item.queue.folder_id,
        by=by,
        data={"fields": [*personal_paths(item.queue.payload_schema)]},
    )


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _clock(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), "Y-m-d H:i:s")
