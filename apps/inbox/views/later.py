"""Putting tasks off and handing them on, one or many at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.inbox import lifecycle
from apps.inbox.models import UserTask
from apps.inbox.people import people_of_folder
from apps.inbox.snoozing import snooze_choices
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.numbers import whole_number

from .common import (
    address_of,
    answer,
    filter_of,
    find_task,
    is_partial,
    pane,
    receiver,
    task_to_decide,
)

MAX_TASKS = 200


@require_POST
def task_snooze(request: PersonRequest, pk: int) -> HttpResponse:
    """Put the task off; the next one opens."""
    task = task_to_decide(request, pk)
    until = _moment(request)
    lifecycle.snooze_task(task, until, by=request.user.actor)
    said = _("%(task)s comes back %(when)s.") % {"task": task.title, "when": _words(until)}
    wanted = filter_of(request)
    following = wanted.next_after(task, request.rights)
    if not is_partial(request):
        messages.success(request, said)
        return redirect(address_of(following, wanted))
    context: dict[str, Any] = {"wanted": wanted, "query": wanted.query(), "opened": bool(following)}
    if following is not None:
        context |= pane(request, find_task(request, following.pk), wanted)
    response = answer(request, context | {"toast": said, "is_next": True}, partial="after")
    response["HX-Push-Url"] = address_of(following, wanted)
    return response


@require_POST
def task_wake(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a task again that was put off."""
    task = task_to_decide(request, pk)
    lifecycle.wake_task(task, by=request.user.actor)
    wanted = filter_of(request)
    if not is_partial(request):
        return redirect(address_of(task, wanted))
    context = pane(request, find_task(request, pk), wanted)
    context |= {"toast": _("It is back in the lists."), "is_next": True}
    return answer(request, context, partial="after")


@require_POST
def bulk_snooze(request: PersonRequest) -> HttpResponse:
    """Put all chosen tasks off; asked for the time first."""
    tasks = _chosen(request)
    if "until" not in request.POST:
        return _ask(request, tasks, verb="snooze")
    until = _moment(request)

    def put_off(task: UserTask) -> None:
        lifecycle.snooze_task(task, until, by=request.user.actor)

    said = ngettext(
        "%(n)d task comes back %(when)s.", "%(n)d tasks come back %(when)s.", len(tasks)
    )
    return _each(request, tasks, put_off, said, {"when": _words(until)})


@require_POST
def bulk_reassign(request: PersonRequest) -> HttpResponse:
    """Hand all chosen tasks to somebody; asked to whom first."""
    tasks = _chosen(request)
    if "assignee" not in request.POST:
        return _ask(request, tasks, verb="reassign")
    person = receiver(request, request.POST["assignee"])

    def hand_on(task: UserTask) -> None:
        lifecycle.reassign_task(task, to=person, by=request.user.actor)

    said = ngettext("%(n)d task handed to %(name)s.", "%(n)d tasks handed to %(name)s.", len(tasks))
    return _each(request, tasks, hand_on, said, {"name": person.name})


def _chosen(request: PersonRequest) -> list[UserTask]:
    require(request.user, Action.DECIDE, request.folder.pk)
    chosen = request.POST.getlist("task")[: MAX_TASKS + 1]
    if len(chosen) > MAX_TASKS:
        raise InvalidError(_("Choose at most %(n)d tasks at once.") % {"n": MAX_TASKS})
    ids = {whole_number(text) or 0 for text in chosen}
    visible = UserTask.objects.visible_to(request.user, Action.DECIDE).open()
    return list(visible.filter(pk__in=ids, folder=request.folder).select_related("queue"))


def _ask(request: PersonRequest, tasks: list[UserTask], *, verb: str) -> HttpResponse:
    context = {
        "tasks": tasks,
        "n": len(tasks),
        "first": tasks[0] if tasks else None,
        "verb": verb,
        "choices": snooze_choices(),
        "candidates": people_of_folder(request.folder.pk) if verb == "reassign" else [],
    }
    return render(request, "inbox/bulk_ask.html", context)


def _each(
    request: PersonRequest,
    tasks: list[UserTask],
    verb: Callable[[UserTask], None],
    said: str,
    words: dict[str, Any],
) -> HttpResponse:
    """Do it to each by itself, and tell of those it could not be done to."""
    done = 0
    for task in tasks:
        try:
            verb(task)
            done += 1
        except DomainError as error:
            message = _("%(task)s: %(why)s") % {"task": task.title, "why": error.message}
            messages.warning(request, message)
    if done:
        messages.success(request, said % {"n": done, **words})
    return redirect("inbox:inbox")


def _moment(request: PersonRequest) -> datetime:
    """Return the time that was chosen, or typed in the person's own zone."""
    said = request.POST.get("until") or request.POST.get("at", "")
    try:
        moment = parse_datetime(said)
        if moment is not None:
            moment = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
            return timezone.localtime(moment)
    except (ValueError, OverflowError):
        pass  # no time at all, or none in the person's zone, as before the year 1
    problem = _("Choose until when, as in 2026-11-24 09:00.")
    raise InvalidError(problem, fields=[FieldProblem("until", problem)])


def _words(until: datetime) -> str:
    return f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
