"""Deciding by a link from an e-mail: no session; looking never decides."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.audiences import language_of, time_zone_of
from apps.inbox import lifecycle
from apps.inbox.decisions import Decision, pick, title_of
from apps.inbox.exceptions import words_of_closing, words_of_pending
from apps.inbox.forming import form_of
from apps.inbox.lifecycle import Answer, LinkGoneError
from apps.inbox.models import DecisionLink, PendingDecision, UserTask
from apps.lib.errors import ConflictError, DomainError, InvalidError, NotAllowedError, TooLargeError
from apps.lib.schema_forms import DraftEntered, Entered, SchemaForm

from .common import decision_rows
from .deciding import answer_from

# an address that guesses is shut out for a while, by each web process
MAX_MISSES, MISSES_SECONDS = 20, 300

View = Callable[[HttpRequest, str], HttpResponse]


class TooManyError(DomainError):
    """Somebody tries one link after the other."""

    status = 429
    code = "too_many"
    title = "Too many tries"


def limited(view: View) -> View:
    """Answer 429 to an address that has come with many links that are none."""

    @wraps(view)
    def checked(request: HttpRequest, token: str) -> HttpResponse:
        key = f"link-misses:{request.META.get('REMOTE_ADDR', '')}"
        if cache.get(key, 0) >= MAX_MISSES:
            raise TooManyError(_("Too many links that can't be used. Try again in five minutes."))
        try:
            return view(request, token)
        except LinkGoneError as error:
            cache.add(key, 0, MISSES_SECONDS)
            cache.incr(key)
            return render(request, "inbox/link_gone.html", {"why": error.message}, status=410)

    return checked


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited
def decision_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the task and ask; a POST decides, at once."""
    link = lifecycle.link_of(token)
    user = link.user
    with translation.override(language_of(user)), timezone.override(time_zone_of(user)):
        if request.method == "POST":
            return _decide(request, link, token)
        return _ask(request, link)


def _decide(request: HttpRequest, link: DecisionLink, token: str) -> HttpResponse:
    task = link.task
    try:
        decision = pick(task.decisions, request.POST.get("decision", ""))
        form = form_of(task, data=request.POST) if decision.takes_values else None
        if form is not None and task.is_open and not form.is_valid():
            return _ask(request, link, form=form, status=422)
        answer: Answer = answer_from(task, decision, form, request.POST)
        done = lifecycle.decide_by_link(token, answer)
    except (InvalidError, TooLargeError, NotAllowedError, ConflictError) as error:
        return _ask(request, link, refusal=error, status=error.status)
    return render(request, "inbox/link_done.html", {"task": done, "said": _words(done, decision)})


def _words(task: UserTask, decision: Decision) -> str:
    if task.is_open:
        return _("Your vote counts: %(what)s. Others must agree.") % {"what": title_of(decision)}
    return title_of(decision)


def _ask(
    request: HttpRequest,
    link: DecisionLink,
    *,
    form: SchemaForm | None = None,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    task = UserTask.objects.select_related("folder", "queue").get(pk=link.task_id)
    is_sent = request.method == "POST"
    answers: Entered = request.POST if is_sent else DraftEntered({})
    if form is None:
        form = form_of(task, data=request.POST) if is_sent else form_of(task)
        if is_sent:
            form.is_valid()
    rows = decision_rows(task, answers, refusal)
    closed = _why_closed(task)
    context: dict[str, Any] = {
        "task": task,
        "person": link.user,
        "form": form,
        "decisions": rows,
        "refusal": refusal,
        "refusal_is_asked": any(row["problems"] for row in rows),
        "closed": closed,
        "why_not": "" if closed else lifecycle.why_link_cannot(link),
        "reveal_url": "",
        "rows_url": "",
    }
    return render(request, "inbox/link.html", context, status=status)


def _why_closed(task: UserTask) -> str:
    if not task.is_open:
        return words_of_closing(task)
    pending = PendingDecision.objects.filter(pk=task.pk).first()
    return words_of_pending(task, pending) if pending else ""
