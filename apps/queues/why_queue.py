"""What stands in the way of a queue's work, and who works it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.bots.models import Automation, AutomationVersion, Run
from apps.bots.why import about_to_start, held_up, staffing, why_pending
from apps.bots.why_staff import Hand, Need, hands_of
from apps.events.why import scheduler_away
from apps.lib.clock import database_now
from apps.lib.why import DESIGN, OPERATE, Act, Blocker, Link, estimate

from .models import Lease, WorkQueue
from .takers import takers_of
from .why_holds import holds_of

LOOKED_AT = 100
# Of the items that go first no more are counted
COUNT_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works a queue: its automation, its runs, and the bots of their pool."""

    queue: WorkQueue
    automation: Automation | None
    version_id: int | None
    runs: Sequence[Run]
    hands: Sequence[Hand]

    @property
    def at_work(self) -> list[Run]:
        return [run for run in self.runs if run.status == Run.Status.RUNNING]

    @property
    def waiting(self) -> list[Run]:
        return [run for run in self.runs if run.status == Run.Status.PENDING]

    @property
    def stuck(self) -> list[Blocker]:
        """What is wrong with those of its runs that hang, or whose bot fell silent."""
        trouble = (held_up(run, self.hands) for run in self.at_work)
        return [each for each in trouble if each is not None]


def workers_of(queue: WorkQueue) -> Workers:
    newest = AutomationVersion.objects.filter(automation=OuterRef("pk")).order_by("-number")
    found = Automation.objects.filter(pk=queue.automation_id or 0).select_related("pool")
    automation = found.annotate(newest=Subquery(newest.values("pk")[:1])).first()
    if automation is None:
        return Workers(queue, None, None, [], [])
    runs = Run.objects.active().filter(queue_run__queue=queue).select_related("pool")
    return Workers(
        queue,
        automation,
        getattr(automation, "newest", None),
        list(runs.order_by("pk")[:LOOKED_AT]),
        hands_of(automation.pool_id),
    )


def in_the_way(workers: Workers) -> list[Blocker]:
    """Return what keeps the next item of the queue from being worked; nothing when runs work."""
    queue = workers.queue
    return [*holding(queue), *_in_progress_limit(queue), *_who_works(workers)]


def holding(queue: WorkQueue) -> list[Blocker]:
    """Return why nobody may lease of the queue: its pause, and what limits and stops hold."""
    return [*([_paused(queue)] if queue.is_paused else []), *holds_of(queue)]


def in_line(workers: Workers, n_before: int) -> list[Blocker]:
    """Return that the item waits for its turn, where others go first."""
    if not n_before:
        return [about_to_start()]
    n, most = len(workers.at_work), workers.queue.max_runs
    words = {"n": n, "before": n_before}
    if n and n >= most:
        code, act = "max_runs", _settings(workers.queue, _("Let more runs work it"))
        sentence = ngettext(
            "One run works this queue, as many as may at a time.",
            "%(n)d runs work this queue, as many as may at a time.",
            n,
        )
    else:
        code, act = "in_line", _link_to(workers.queue)
        sentence = ngettext("%(n)d run works this queue.", "%(n)d runs work this queue.", n)
    if workers.automation is None:
        sentence = _("Bots from outside work this queue.")
    place = ngettext("%(before)d item goes first.", "%(before)d items go first.", n_before)
    if n_before >= COUNT_AT_MOST:
        place = _("%(before)d items or more go first.")
    eta = eta_of(workers, n_before)
    when = _("Its turn comes about then:") if eta else _("Nobody knows how long they take.")
    return [
        Blocker(
            code=code,
            sentence=sentence % words,
            next=f"{place % words} {when}",
            at=eta,
            act=act,
            is_usual=True,
        )
    ]


def eta_of(workers: Workers, n_before: int) -> datetime | None:
    """Return about when an item with so many before it is begun; None when nobody knows."""
    if workers.automation is None or not 0 < n_before < COUNT_AT_MOST:
        return None
    return estimate(
        database_now(),
        place=n_before,
        seconds_each=workers.automation.usual_seconds,
        slots=len(workers.at_work) - len(workers.stuck),
    )


def _who_works(workers: Workers) -> list[Blocker]:
    queue, automation = workers.queue, workers.automation
    if automation is None:
        return _no_automation(queue)
    if workers.version_id is None:
        return [_no_version(automation)]
    if workers.at_work:
        return _all_stuck(workers)
    if workers.waiting:
        return list(why_pending(workers.waiting[0], workers.hands).blockers)
    return _no_run_yet(queue, automation, workers)


def _no_run_yet(queue: WorkQueue, automation: Automation, workers: Workers) -> list[Blocker]:
    """The scheduler starts runs where items are ready."""
    if queue.max_runs == 0:
        return [_no_runs(queue)]
    if workers.runs:
        return [_ending(queue)]
    away = scheduler_away()
    if away:
        return [away]
    needed = frozenset({*automation.required_capabilities, *queue.required_capabilities})
    missing = staffing(automation.pool, workers.hands, Need(needed))
    return missing or [about_to_start()]


def _paused(queue: WorkQueue) -> Blocker:
    words = {
        "queue": queue.title,
        "name": queue.paused_by or _("somebody"),
        "reason": queue.paused_reason,
    }
    return Blocker(
        code="queue_paused",
        sentence=_("%(name)s paused the queue “%(queue)s”: %(reason)s") % words,
        next=_("It goes on when somebody resumes the queue."),
        act=Act(
            label=_("Resume the queue"),
            url=reverse("queues:queue_resume", args=[queue.pk]),
            method="post",
            right=OPERATE,
            folder_id=queue.folder_id,
        ),
    )


def _in_progress_limit(queue: WorkQueue) -> list[Blocker]:
    most = queue.max_in_progress
    if most is None or Lease.objects.filter(queue_id=queue.pk).count() < most:
        return []
    sentence = ngettext(
        "One item of this queue is being worked on, as many as may be at a time.",
        "%(n)d items of this queue are being worked on, as many as may be at a time.",
        most,
    )
    return [
        Blocker(
            code="in_progress_limit",
            sentence=sentence % {"n": most},
            next=_("The next one begins when one of them is done."),
            act=_settings(queue, _("Let more be worked on")),
            is_usual=True,
        )
    ]


def _no_automation(queue: WorkQueue) -> list[Blocker]:
    """Bots from outside and single runs lease by themselves: while one holds something, it is
    worked."""
    if Lease.objects.filter(queue_id=queue.pk).exists():
        return []
    return takers_of(queue) or [
        Blocker(
            code="no_automation",
            sentence=_("No automation works the queue “%(queue)s”.") % {"queue": queue.title},
            next=_("It starts when one is chosen, or when a bot from outside asks for items."),
            act=_settings(queue, _("Choose an automation")),
        )
    ]


def _no_version(automation: Automation) -> Blocker:
    return Blocker(
        code="no_version",
        sentence=_("The automation “%(title)s” has no version that could run.")
        % {"title": automation.title},
        next=_("It starts when one is there: a bot that has its program brings it as it starts."),
        act=Act(
            label=_("Look at the automation"),
            url=reverse("bot_settings:edit", args=["automation", automation.pk]),
            right=DESIGN,
            folder_id=automation.folder_id,
        ),
    )


def _no_runs(queue: WorkQueue) -> Blocker:
    return Blocker(
        code="max_runs",
        sentence=_("No run may work this queue: its settings allow 0 at a time."),
        next=_("It starts when they allow one."),
        act=_settings(queue, _("Let runs work it")),
    )


def _all_stuck(workers: Workers) -> list[Blocker]:
    """Nothing, as long as one of the runs gets on."""
    return workers.stuck if len(workers.stuck) == len(workers.at_work) else []


def _ending(queue: WorkQueue) -> Blocker:
    return Blocker(
        code="max_runs",
        sentence=_("The runs of this queue are ending, and count until they have."),
        next=_("A new one starts then: soon."),
        act=_link_to(queue),
        is_usual=True,
    )


def _settings(queue: WorkQueue, label: str) -> Act:
    return Act(
        label=label,
        url=reverse("queue_settings:edit", args=[queue.pk]),
        right=DESIGN,
        folder_id=queue.folder_id,
    )


def _link_to(queue: WorkQueue) -> Act:
    return Act(label=_("Look at the queue"), url=reverse("queues:queue_detail", args=[queue.pk]))


def link_of(queue: WorkQueue) -> Link:
    return Link(queue.title, reverse("queues:queue_detail", args=[queue.pk]))
