"""The list of triggers, one of them, and the week."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now
from apps.triggers.differences import changes_by_version
from apps.triggers.forms import PauseForm
from apps.triggers.listing import TriggerFilter
from apps.triggers.models import Trigger
from apps.triggers.presenting import moment, zone_of
from apps.triggers.presenting_listening import listening_of
from apps.triggers.week import MAX_TRIGGERS, monday_of, week_of

HISTORY_LENGTH = 20
VERSIONS_SHOWN = 20
SAVED = "trigger_saved"
USUAL_PAUSE = timedelta(hours=2)


@require_safe
def trigger_list(request: PersonRequest) -> HttpResponse:
    query = TriggerFilter.parse(request.META["QUERY_STRING"]).query()
    return render(request, "triggers/list.html", list_context(request, query))


def list_context(request: PersonRequest, query: str) -> dict[str, Any]:
    until = (database_now() + USUAL_PAUSE).replace(minute=0, second=0, microsecond=0)
    return {
        "list_arg": query,
        "may_design": can(request.user, Action.DESIGN, request.folder.pk),
        "may_operate": can(request.user, Action.OPERATE, request.folder.pk),
        "pause_form": PauseForm(initial={"until": timezone.localtime(until)}),
    }


@require_safe
def trigger_detail(request: PersonRequest, pk: int) -> HttpResponse:
    return render(request, "triggers/detail.html", detail_context(request, find(request, pk)))


def find(request: PersonRequest, pk: int) -> Trigger:
    """Return the trigger if it lies where the person may look; else 404."""
    rows = Trigger.objects.visible_to(request.user).select_related("folder", "calendar", "owner")
    found: Trigger = get_object_or_404(rows, pk=pk)
    return found


def detail_context(request: PersonRequest, trigger: Trigger) -> dict[str, Any]:
    query = request.META["QUERY_STRING"] if request.method in {"GET", "HEAD"} else ""
    events = history_of(("trigger", trigger.pk), limit=HISTORY_LENGTH).items
    return {
        "trigger": trigger,
        "log_arg": f"{trigger.pk}?{query}" if query else str(trigger.pk),
        "saved": _saved(request, trigger),
        "watches": trigger.kind in (Trigger.Kind.QUEUE, Trigger.Kind.STATE),
        "listening": listening_of(trigger, request),
        "may_operate": can(request.user, Action.OPERATE, trigger.folder_id),
        "may_design": can(request.user, Action.DESIGN, trigger.folder_id),
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
        **_versions(trigger),
    }


def _versions(trigger: Trigger) -> dict[str, Any]:
    newest = list(trigger.versions.order_by("-number")[: VERSIONS_SHOWN + 1])
    changes = changes_by_version(newest)
    shown = newest[:VERSIONS_SHOWN]
    return {
        "versions": [
            {"version": each, "changes": changes.get(each.number), "is_first": each.number == 1}
            for each in shown
        ],
        "next_number": trigger.version + 1,
        "n_older": shown[-1].number - 1 if len(newest) > VERSIONS_SHOWN else 0,
    }


def _saved(request: PersonRequest, trigger: Trigger) -> dict[str, Any] | None:
    """Return what the save just before changed, once."""
    kept = request.session.get(SAVED)
    if request.method != "GET" or not kept or kept["pk"] != trigger.pk:
        return None
    del request.session[SAVED]
    is_on = trigger.status == Trigger.Status.ENABLED and trigger.next_at is not None
    first = moment(trigger.next_at, zone_of(trigger)) if is_on and trigger.next_at else ""
    return {"changes": kept["changes"], "first": first}


@require_safe
def week(request: PersonRequest) -> HttpResponse:
    now = database_now()
    monday = monday_of(request.GET.get("from", ""), timezone.localtime(now).date())
    visible = Trigger.objects.visible_to(request.user).filter(kind__in=Trigger.TIMED)
    enabled = visible.filter(status=Trigger.Status.ENABLED).select_related("calendar")
    drawn = list(enabled.order_by("next_at", "pk")[:MAX_TRIGGERS])
    context = {
        "week": week_of(monday, drawn, now=now, n_all=enabled.count()),
        "n_off": visible.exclude(status=Trigger.Status.ENABLED).count(),
        "may_design": can(request.user, Action.DESIGN, request.folder.pk),
    }
    return render(request, "triggers/week.html", context)
