"""What queue triggers have to say about items that wait in a queue without an automation."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.lib.why import Act, Blocker
from apps.queues.models import WorkQueue

from .models import Trigger

MAX_NAMED = 3


def starts_for(queue: WorkQueue) -> list[Blocker]:
    """Return the queue triggers that start what takes its items: those that are off last."""
    rows = Trigger.objects.filter(
        folder=queue.folder_id, kind=Trigger.Kind.QUEUE, rule__queue=queue.key
    )
    found = sorted(rows.order_by("pk"), key=lambda each: each.status != Trigger.Status.ENABLED)
    is_on = any(each.status == Trigger.Status.ENABLED for each in found)
    return [_said(each, is_on=is_on) for each in found[:MAX_NAMED]]


def _said(trigger: Trigger, *, is_on: bool) -> Blocker:
    """One that is off is in the way only where no other is on."""
    words = {"title": trigger.title}
    act = Act(
        label=_("Look at the trigger"), url=reverse("triggers:trigger_detail", args=[trigger.pk])
    )
    if trigger.status == Trigger.Status.ENABLED:
        return Blocker(
            code="condition",
            sentence=_("The trigger “%(title)s” starts what takes it.") % words,
            next=_("Its page says from how many items on, and how it stands."),
            act=act,
            is_usual=True,
        )
    return Blocker(
        code="trigger_paused",
        sentence=_("The trigger “%(title)s”, which starts what takes it, is off.") % words,
        next=_("It goes on when somebody resumes it."),
        act=act,
        is_usual=is_on,
    )
