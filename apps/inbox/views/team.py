"""The team view: look, hand over, take that back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, require
from apps.inbox.candidates import deciders_of
from apps.inbox.lifecycle.moving import MAX_MOVED, Moved, move_back, move_tasks
from apps.inbox.team import absences_of
from apps.inbox.team_listing import NONE, TeamFilter
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.numbers import whole_number

from .common import receiver

# in the session: what can be taken back, the newest last
UNDO = "team_moves"
MAX_UNDO = 5
MAX_WHY = 5


@never_cache
@require_safe
def team(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    return render(request, "inbox/team.html", _context(request, request.META["QUERY_STRING"]))


@require_POST
def team_move(request: PersonRequest) -> HttpResponse:
    """Hand the chosen tasks to a person, or back to the pool."""
    ids = {whole_number(text) or 0 for text in request.POST.getlist("task")[:MAX_MOVED]}
    to = _receiver(request, request.POST.get("to", ""))
    moved = move_tasks(ids, folder_id=request.folder.pk, to=to, by=request.user)
    number = _remember(request, moved, to) if moved.before else 0
    return _answer(request, _said(moved, to), undo=number, tone="watch" if moved.kept else "ok")


@require_POST
def team_undo(request: PersonRequest, number: int) -> HttpResponse:
    moves = request.session.get(UNDO, [])
    found = next((each for each in moves if each["number"] == number), None)
    if found is None:
        raise InvalidError(_("This can't be taken back any more."))
    before = {int(pk): holder for pk, holder in found["before"].items()}
    folder_id = found["folder"]
    n = move_back(before, folder_id=folder_id, was_to=found["to"], by=request.user)
    request.session[UNDO] = [each for each in moves if each["number"] != number]
    text = ngettext("%(n)d task is back where it was.", "%(n)d tasks are back where they were.", n)
    return _answer(request, text % {"n": n})


def _receiver(request: PersonRequest, text: str) -> User | None:
    try:
        return None if text == NONE else receiver(request, text)
    except NotFoundError:
        problem = _("Choose whom to hand the tasks to.")
        raise InvalidError(problem, fields=[FieldProblem("to", problem)]) from None


def _remember(request: PersonRequest, moved: Moved, to: User | None) -> int:
    moves = request.session.get(UNDO, [])
    number = max((each["number"] for each in moves), default=0) + 1
    new = {
        "number": number,
        "folder": request.folder.pk,
        "to": to.pk if to else None,
        "before": moved.before,
    }
    request.session[UNDO] = [*moves, new][-MAX_UNDO:]
    return number


def _said(moved: Moved, to: User | None) -> str:
    n = len(moved.before)
    if to is None:
        text = ngettext("%(n)d task is nobody's now.", "%(n)d tasks are nobody's now.", n)
    else:
        text = ngettext("%(name)s has %(n)d task more.", "%(name)s has %(n)d tasks more.", n)
    said = [text % {"n": n, "name": to.name if to else ""}]
    said += [f"{title}: {why}" for title, why in moved.kept[:MAX_WHY]]
    if len(moved.kept) > MAX_WHY:
        said.append(_("… and %(n)d more stay.") % {"n": len(moved.kept) - MAX_WHY})
    return " ".join(said)


def _answer(request: PersonRequest, text: str, *, undo: int = 0, tone: str = "ok") -> HttpResponse:
    # the form says which list was open; the undo of a toast says it in its address
    asked = request.POST.get("query") or request.META["QUERY_STRING"]
    query = TeamFilter.parse(asked, folder=request.folder.pk).query()
    if request.htmx:
        toast = {"text": text, "tone": tone, "undo": undo, "is_moved": True}
        return render(request, "inbox/team.html#after", {**_context(request, query), **toast})
    messages.success(request, text)
    return redirect(reverse("inbox:team") + (f"?{query}" if query else ""))


def _context(request: PersonRequest, query: str) -> dict[str, Any]:
    wanted = TeamFilter.parse(query, folder=request.folder.pk)
    people = list(deciders_of(request.folder.pk))
    away = absences_of(person.pk for person in people)
    return {
        "wanted": wanted,
        "receivers": [(person, away.get(person.pk)) for person in people],
        "last": request.session.get(UNDO, [])[-1:],
    }
