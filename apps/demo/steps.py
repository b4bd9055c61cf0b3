"""The steps of the Try it page: what each sets off, what to watch, and how to tell it was seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, User
from apps.bots.models import Run
from apps.events.live import nudge
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError
from apps.queues.lifecycle import add_items
from apps.queues.models import Attempt, Ended, Lease, WorkItem

from . import bots_on_this_machine, erp
from .flood import flood_items
from .intake import invoice_queue, take_in_made
from .making import Fault
from .models import TryItStep
from .slowly import make_slow
from .trickle import make_one

N_FLOOD, N_WHILE_DOWN, DOWN_SECONDS = 2000, 5, 20
WATCHED_HOURS = 2

Made = tuple[int | None, int | None]


@dataclass(frozen=True)
class Step:
    """One thing to try. `start` sets it off; `is_seen` says whether it has happened."""

    key: str
    title: Any
    text: Any
    watch: Any
    button: Any
    start: Callable[[Folder, User], Made]
    is_seen: Callable[[TryItStep], bool]
    link: Callable[[Folder, TryItStep | None], str]
    link_label: Any


def begin(step: Step, folder: Folder, user: User) -> TryItStep:
    """Set the step off, again if it was tried before."""
    first, last = step.start(folder, user)
    progress, _made = TryItStep.objects.update_or_create(
        folder=folder,
        user=user,
        step=step.key,
        defaults={
            "started_at": Now(), "first_item_id": first, "last_item_id": last, "seen_at": None,
        },
    )  # fmt: skip
    nudge(f"try-it:{user.pk}")
    return TryItStep.objects.get(pk=progress.pk)


def tick_steps() -> int:
    """Tick off what has happened meanwhile; return how many. Called by the scheduler."""
    fresh = Now() - timedelta(hours=WATCHED_HOURS)
    waiting = TryItStep.objects.filter(seen_at=None, started_at__gt=fresh)
    seen = [each for each in waiting if each.step in BY_KEY and BY_KEY[each.step].is_seen(each)]
    for progress in seen:
        TryItStep.objects.filter(pk=progress.pk, seen_at=None).update(seen_at=Now())
        nudge(f"try-it:{progress.user_id}")
    return len(seen)


# --- a wrong invoice ------------------------------------------------------------------------------


def _send_wrong(folder: Folder, user: User) -> Made:
    made = make_one(folder, fault=Fault.WRONG_TOTAL)
    item = take_in_made(invoice_queue(folder), made, by=user.actor)
    return item.pk, item.pk


def _was_decided(progress: TryItStep) -> bool:
    completed = UserTask.Status.COMPLETED
    decided = UserTask.objects.filter(item_id=progress.first_item_id or 0, status=completed)
    return decided.exists() and Ended.objects.filter(item_id=progress.first_item_id or 0).exists()


def _task_link(folder: Folder, progress: TryItStep | None) -> str:
    inbox = reverse("inbox:inbox")
    return f"{inbox}?q={progress.first_item_id}" if progress else inbox


# --- kill a bot -----------------------------------------------------------------------------------


def _send_slow(folder: Folder, user: User) -> Made:
    queue = invoice_queue(folder)
    item = take_in_made(queue, make_slow(make_one(folder)), by=user.actor)
    return item.pk, item.pk


def kill_bot_of(progress: TryItStep) -> str:
    """Kill -9 the process that works on the step's item; return the bot's name.

    Raises ConflictError while nobody works on it, or when the bot is on another machine.
    """
    lease = Lease.objects.filter(item_id=progress.first_item_id or 0).first()
    run = Run.objects.filter(pk=lease.run_id or 0).select_related("bot").first() if lease else None
    if run is None or run.bot is None:
        raise ConflictError(str(_("No bot has it in hand yet. Wait a moment, then try again.")))
    bots_on_this_machine.kill_slot(run.bot, run.slot_number or 0)
    return str(run.bot)


def _came_back(progress: TryItStep) -> bool:
    lost = Attempt.objects.filter(item_id=progress.first_item_id or 0, outcome=Attempt.Outcome.LOST)
    return lost.exists() and _is_at_work_or_done(progress.first_item_id)


def _is_at_work_or_done(item_id: int | None) -> bool:
    again = Lease.objects.filter(item_id=item_id or 0, attempt__gt=1)
    return again.exists() or Ended.objects.filter(item_id=item_id or 0).exists()


def _item_link(folder: Folder, progress: TryItStep | None) -> str:
    if progress is None or progress.first_item_id is None:
        return reverse("bots:bot_list")
    return reverse("items:item_detail", args=[progress.first_item_id])


# --- the ERP is down ------------------------------------------------------------------------------


def _take_erp_down(folder: Folder, user: User) -> Made:
    erp.take_down(folder.pk, seconds=DOWN_SECONDS)
    queue = invoice_queue(folder)
    made = [take_in_made(queue, make_one(folder), by=user.actor) for _n in range(N_WHILE_DOWN)]
    return made[0].pk, made[-1].pk


def _failed_then_done(progress: TryItStep) -> bool:
    if progress.first_item_id is None:
        return False
    ids = [progress.first_item_id, progress.last_item_id]
    failed = Attempt.objects.filter(
        item_id__range=ids, outcome=Attempt.Outcome.APPLICATION_EXCEPTION
    )
    done = Ended.objects.filter(item_id__range=ids, status=Ended.Status.SUCCESSFUL)
    return failed.exists() and done.count() >= N_WHILE_DOWN


def _queue_link(folder: Folder, progress: TryItStep | None) -> str:
    return reverse("queues:queue_detail", args=[invoice_queue(folder).pk])


# --- a flood --------------------------------------------------------------------------------------


def _flood(folder: Folder, user: User) -> Made:
    queue = invoice_queue(folder)
    made = flood_items(folder, N_FLOOD)
    added = add_items(queue, made, origin=WorkItem.Origin.DEMO, by=user.actor, all_or_nothing=True)
    return added.ids[0], added.ids[-1]


def _is_drained(progress: TryItStep) -> bool:
    if progress.first_item_id is None:
        return False
    ids = [progress.first_item_id, progress.last_item_id]
    return Ended.objects.filter(item_id__range=ids).count() >= N_FLOOD


STEPS = [
    Step(
        "wrong-invoice",
        _("Send a wrong invoice"),
        _("Its total does not fit its lines. A bot finds out, stops, and asks a person."),
        _(
            "It is in the inbox within seconds. Correct the total and decide with Ctrl "
            "Enter: the bot goes on with the same item."
        ),
        _("Send it"), _send_wrong, _was_decided, _task_link, _("Watch the inbox"),
    ),
    Step(
        "kill-a-bot",
        _("Kill a bot"),
        _(
            "An invoice that asks to be read slowly keeps a bot busy. Then kill its "
            "process, as a power cut would."
        ),
        _(
            "The try ends as “Bot stopped answering”, the item is with a bot again "
            "within seconds, and the supervisor starts a new process."
        ),
        _("Send a slow invoice"), _send_slow, _came_back, _item_link, _("Watch the item"),
    ),
    Step(
        "erp-down",
        _("Take the ERP down"),
        _("For twenty seconds the ERP refuses everything, while five invoices come in."),
        _(
            "They fail, wait, and are tried again, each time a little later. When the "
            "ERP is back, all end as done, and nothing is posted twice."
        ),
        _("Take it down"), _take_erp_down, _failed_then_done, _queue_link, _("Watch the queue"),
    ),
    Step(
        "flood",
        _("Flood the room"),
        _("Two thousand invoices at once, in one call."),
        _("The backlog leaps up on the overview and is worked off while you watch."),
        _("Send 2 000"), _flood, _is_drained,
        lambda folder, progress: reverse("dashboard:overview"), _("Watch the overview"),
    ),
]  # fmt: skip
BY_KEY = {step.key: step for step in STEPS}
