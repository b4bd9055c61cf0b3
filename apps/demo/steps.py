"""The steps of the Try it page: what each sets off, what to watch, and how to tell it was seen."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder, User
from apps.bots.models import Run
from apps.events.live import nudge
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError
from apps.queues.models import Attempt, Ended, Lease, WorkQueue
from apps.workflows.lifecycle import start_instance
from apps.workflows.models import Workflow, WorkflowInstance

from . import bots_on_this_machine, erp
from .claims.steps import STEPS as CLAIM_STEPS
from .drawn import STATEMENTS
from .flood import flood_of_invoices
from .intake import take_in_data, take_in_made
from .large import make_large
from .making import Fault
from .models import TryItStep
from .portal.steps import STEPS as PORTAL_STEPS
from .slowly import make_slow
from .trickle import make_one
from .trying import Made, Step, all_are_over, instance_link, instances_of, items_of_step, one

N_WHILE_DOWN, DOWN_SECONDS = 5, 20
WATCHED_HOURS = 2


def begin(step: Step, folder: Folder, user: User) -> TryItStep:
    """Set the step off, again if it was tried before."""
    first, last = step.start(folder, user)
    progress, _made = TryItStep.objects.update_or_create(
        folder=folder,
        user=user,
        step=step.key,
        defaults={
            "started_at": Now(), "first_instance_id": first, "last_instance_id": last,
            "seen_at": None,
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
    return one(take_in_made(folder, made, by=user.actor))


def _was_decided(progress: TryItStep) -> bool:
    """A person has decided about the item, whatever became of it."""
    completed = UserTask.Status.COMPLETED
    items = items_of_step(progress)
    decided = UserTask.objects.filter(item_id__in=items, status=completed)
    return decided.exists() and all_are_over(progress)


def _task_link(folder: Folder, progress: TryItStep | None) -> str:
    """Look for the invoice's number: the task may not be there yet."""
    inbox = reverse("inbox:inbox")
    instance = instances_of(progress).first() if progress else None
    return f"{inbox}?{urlencode({'q': instance.business_key})}" if instance else inbox


# --- a large invoice ------------------------------------------------------------------------------


def _send_large(folder: Folder, user: User) -> Made:
    return one(take_in_made(folder, make_large(folder), by=user.actor))


def _was_approved(progress: TryItStep) -> bool:
    decided = UserTask.objects.filter(
        instance_id=progress.first_instance_id or 0,
        kind=UserTask.Kind.FORM,
        status=UserTask.Status.COMPLETED,
    )
    return decided.exists() and all_are_over(progress)


# --- kill a bot -----------------------------------------------------------------------------------


def _send_slow(folder: Folder, user: User) -> Made:
    return one(take_in_made(folder, make_slow(make_one(folder)), by=user.actor))


def lease_of(progress: TryItStep) -> Lease | None:
    """Return the item of the step that a bot has in hand."""
    return Lease.objects.filter(item_id__in=items_of_step(progress)).order_by("leased_at").first()


def kill_bot_of(progress: TryItStep) -> str:
    """Kill -9 the process that works on the step's item; return the bot's name.

    Raises ConflictError while nobody works on it, or when the bot is on another machine.
    """
    lease = lease_of(progress)
    run = Run.objects.filter(pk=lease.run_id or 0).select_related("bot").first() if lease else None
    if run is None or run.bot is None:
        raise ConflictError(str(_("No bot has it in hand yet. Wait a moment, then try again.")))
    bots_on_this_machine.kill_slot(run.bot, run.slot_number or 0)
    return str(run.bot)


def _came_back(progress: TryItStep) -> bool:
    lost = Attempt.objects.filter(item_id__in=items_of_step(progress), outcome=Attempt.Outcome.LOST)
    ids = list(lost.values_list("item_id", flat=True))
    again = Lease.objects.filter(item_id__in=ids, attempt__gt=1)
    return bool(ids) and (again.exists() or Ended.objects.filter(item_id__in=ids).exists())


# --- the ERP is down ------------------------------------------------------------------------------


def _take_erp_down(folder: Folder, user: User) -> Made:
    erp.take_down(folder.pk, seconds=DOWN_SECONDS)
    made = [take_in_made(folder, make_one(folder), by=user.actor) for _n in range(N_WHILE_DOWN)]
    return made[0].pk, made[-1].pk


def _failed_then_done(progress: TryItStep) -> bool:
    failed = Attempt.objects.filter(
        item_id__in=items_of_step(progress), outcome=Attempt.Outcome.APPLICATION_EXCEPTION
    )
    done = instances_of(progress).filter(status=WorkflowInstance.Status.COMPLETED)
    # what a model was not sure of waits for a person, whether the ERP is there or not
    asked = UserTask.objects.open().filter(
        kind=UserTask.Kind.VALIDATION, item_id__in=items_of_step(progress)
    )
    return failed.exists() and done.count() + asked.count() >= N_WHILE_DOWN


def _posting_link(folder: Folder, progress: TryItStep | None) -> str:
    queue = WorkQueue.objects.get(folder=folder, key="invoice-posting")
    return reverse("queues:queue_detail", args=[queue.pk])


# --- a flood --------------------------------------------------------------------------------------


def _flood(folder: Folder, user: User) -> Made:
    ids = take_in_data(folder, flood_of_invoices(folder, settings.DEMO_FLOOD), by=user.actor)
    return min(ids), max(ids)


def _is_drained(progress: TryItStep) -> bool:
    return instances_of(progress).filter(ended_at__isnull=False).count() >= settings.DEMO_FLOOD


# --- the month-end --------------------------------------------------------------------------------


def _close_month(folder: Folder, user: User) -> Made:
    workflow = Workflow.objects.get(folder=folder, key=STATEMENTS)
    return one(start_instance(workflow, {}, by=user.actor))


STEPS = [
    Step(
        "wrong-invoice",
        _("Send a wrong invoice"),
        _("Its total does not fit its lines. A bot finds out, stops, and asks a person."),
        _(
            "It is in the inbox within seconds. Correct the total and decide (Ctrl Enter does): "
            "the bot goes on with the same item, and the invoice with its way."
        ),
        _("Send it"), _send_wrong, _was_decided, _task_link, _("Watch the inbox"),
    ),
    Step(
        "large-invoice",
        _("Send a large invoice"),
        _(
            "It is above 100 000, so the workflow asks a supervisor. If nobody decides within "
            "four hours, it asks the admins instead."
        ),
        _(
            "On the diagram it stands at “Approve the payment”, and the task is in the inbox. "
            "Approve it there: the diagram moves on to the ledger, without a reload."
        ),
        _("Send it"), _send_large, _was_approved, instance_link, _("Watch it on the diagram"),
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
        _("Send a slow invoice"), _send_slow, _came_back, instance_link, _("Watch it on its way"),
    ),
    Step(
        "erp-down",
        _("Take the ERP down"),
        _("For twenty seconds the ERP refuses everything, while five invoices come in."),
        _(
            "They fail, wait, and are tried again, each time a little later. When the "
            "ERP is back, all end as done, and nothing is posted twice."
        ),
        _("Take it down"), _take_erp_down, _failed_then_done, _posting_link,
        _("Watch the queue"),
    ),
    Step(
        "flood",
        _("Flood the room"),
        format_lazy(_("{n} invoices at once, in one call."), n=settings.DEMO_FLOOD),
        _("The backlog leaps up on the overview and is worked off while you watch."),
        format_lazy(_("Send {n}"), n=settings.DEMO_FLOOD), _flood, _is_drained,
        lambda folder, progress: reverse("dashboard:overview"), _("Watch the overview"),
    ),
    Step(
        "month-end",
        _("Close the month"),
        _("One statement for each vendor, all at the same time; then the sum of them."),
        _(
            "The workflow fans out to as many work items as there are vendors with postings, "
            "counts them down on the diagram, and goes on when the last one is there."
        ),
        _("Close it"), _close_month, all_are_over, instance_link, _("Watch it on the diagram"),
    ),
    *CLAIM_STEPS,
    *PORTAL_STEPS,
]  # fmt: skip
BY_KEY = {step.key: step for step in STEPS}
