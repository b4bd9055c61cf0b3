"""What the inbox's views share: finding, and drawing the pane of a task."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _

from apps.accounts.http import PersonRequest
from apps.accounts.lifecycle import people_of
from apps.accounts.models import Folder, User
from apps.accounts.permissions import Action, can, require
from apps.inbox import presenting
from apps.inbox.candidates import may_take
from apps.inbox.choices import choices_for
from apps.inbox.decisions import decisions_of, title_of
from apps.inbox.evidence import chosen_file, evidence_of
from apps.inbox.forming import form_of
from apps.inbox.lifecycle import draft_mark, draft_of
from apps.inbox.listing import TaskFilter
from apps.inbox.models import PendingDecision, UserTask
from apps.inbox.snoozing import snooze_choices
from apps.lib.errors import DomainError, NotFoundError
from apps.lib.json import JsonObject
from apps.lib.numbers import whole_number
from apps.lib.schema_forms import DraftEntered, Entered, SchemaForm

PAGE = "inbox/inbox.html"
# What every pane shows. Most tasks have no people yet, and those that have one ask for them by key:
# with three joins more, planning takes ten times as long as reading.
RELATED = ("queue", "item")
MANY_FIELDS = 12  # from here on, empty optional fields are folded away


def find_task(request: PersonRequest, pk: int) -> UserTask:
    """Return the task, or raise NotFoundError: of other folders nobody hears."""
    visible = UserTask.objects.visible_to(request.user).select_related(*RELATED)
    task: UserTask | None = visible.filter(pk=pk).first()
    if task is None:
        raise NotFoundError(_("There is no task %(pk)d, or not for you.") % {"pk": pk})
    return task


def task_to_decide(request: PersonRequest, pk: int) -> UserTask:
    """The same, for those who may decide in its folder. Raises NotAllowedError."""
    task = find_task(request, pk)
    require(request.user, Action.DECIDE, task.folder_id)
    return task


def receiver(request: PersonRequest, text: str, folder: Folder | None = None) -> User:
    """Return who is to get a task: of other folders' people nobody hears. Raises NotFoundError."""
    people = people_of(folder or request.folder).filter(is_active=True)
    found: User | None = people.filter(pk=whole_number(text) or 0).first()
    if found is None:
        raise NotFoundError(_("There is nobody like that in this folder."))
    return found


def filter_of(request: PersonRequest) -> TaskFilter:
    query, person = request.META.get("QUERY_STRING", ""), request.user
    return TaskFilter.parse(query, folder=request.folder.pk, who=person.pk, user=person)


def is_partial(request: PersonRequest) -> bool:
    return bool(request.htmx) and request.headers.get("HX-Request-Type") != "full"


def answer(
    request: PersonRequest, context: dict[str, Any], *, partial: str = "task", status: int = 200
) -> HttpResponse:
    """Draw the pane for htmx, the whole page for everybody else; neither is ever cached."""
    template = f"{PAGE}#{partial}"
    # what the page gets by its live connection, or fetches at once, need not hold up a pane
    context |= {
        "is_pane": is_partial(request) and partial in ("task", "after"),
        "with_list": request.headers.get("X-Live-State") != "live",
    }
    if not is_partial(request):
        template = PAGE
        context |= {
            "kinds": UserTask.Kind.choices,
            "choices": choices_for(context["wanted"]),
            "may_decide_here": can(request.user, Action.DECIDE, request.folder.pk),
            "may_operate_here": can(request.user, Action.OPERATE, request.folder.pk),
        }
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    patch_cache_control(response, private=True, no_store=True)
    return response


def address_of(task: UserTask | None, wanted: TaskFilter) -> str:
    """Return the page of the task in this list; None: the list."""
    place = reverse("inbox:task", args=[task.pk]) if task else reverse("inbox:inbox")
    query = wanted.query()
    return f"{place}?{query}" if query else place


def pane(
    request: PersonRequest,
    task: UserTask,
    wanted: TaskFilter,
    *,
    form: SchemaForm | None = None,
    said: QueryDict | None = None,
    refusal: DomainError | None = None,
) -> dict[str, Any]:
    """Return the context of a task's pane.

    `form` and `said` are what was sent, when it is drawn again; `refusal` says why.
    """
    may_decide = _may_decide_now(request, task)
    answers: Entered = said if said is not None else DraftEntered({})
    if form is None:
        draft = draft_of(task, request.user.pk) if task.is_open else {}
        form, answers = form_of(task, payload=_shown_values(task), draft=draft), DraftEntered(draft)
    doubtful = form.mark_doubtful(str(task.facts.get("field", ""))) if task.is_open else None
    rows = decision_rows(task, answers, refusal)
    return {
        "task": task,
        "wanted": wanted,
        "query": wanted.query(),
        "me": request.user.pk,
        "may_decide": may_decide,
        "read_only": not may_decide,
        "rows_url": reverse("inbox:draft", args=[task.pk]),
        "reveal_url": _reveal_url(request, task),
        "form": form,
        "folds": len(form.tree.children) > MANY_FIELDS,
        "doubtful": doubtful,
        **_evidence(request, task, form, wanted),
        "decisions": rows,
        "draft_base": draft_mark(task, request.user.pk) if may_decide else "",
        "snooze_choices": snooze_choices() if may_decide else [],
        "refusal": refusal,
        "refusal_is_asked": any(row["problems"] for row in rows),
        "opened": True,
    }


def _may_decide_now(request: PersonRequest, task: UserTask) -> bool:
    """Whether the form can be used: with the right, offered to them, not just decided."""
    return (
        task.is_open
        and may_take(task, request.user)
        and not PendingDecision.objects.filter(task=task.pk).exists()
    )


def _evidence(
    request: PersonRequest, task: UserTask, form: SchemaForm, wanted: TaskFilter
) -> dict[str, Any]:
    """What there is to be known about the task, besides its values."""
    return {
        "why": presenting.why_it_stopped(task),
        "document": evidence_of(task, form, chosen=chosen_file(request.GET), query=wanted.query()),
        "result": presenting.result_of(task),
    }


def _reveal_url(request: PersonRequest, task: UserTask) -> str:
    """Return where personal values are revealed; "" for those who may not see them."""
    may_reveal = can(request.user, Action.REVEAL, task.folder_id)
    return reverse("inbox:reveal", args=[task.pk]) if may_reveal else ""


def _shown_values(task: UserTask) -> JsonObject:
    """What is to be decided about; once decided, what was decided."""
    decided = None if task.is_open else task.decision_values
    return decided if isinstance(decided, dict) else task.values


def decision_rows(
    task: UserTask, said: Entered, refusal: DomainError | None
) -> list[dict[str, Any]]:
    """Return the decisions as the bar shows them, with what was answered and what was missing."""
    chosen = said.get("decision")
    problems = {problem.path: problem.message for problem in refusal.fields} if refusal else {}
    return [
        {
            "decision": decision,
            "number": number,
            "title": title_of(decision),
            "effect": _(decision.effect) if decision.effect else "",
            "is_chosen": decision.key == chosen,
            "reason": said.get(f"reason:{decision.key}") or "",
            "reference": said.get(f"reference:{decision.key}") or "",
            "reference_label": _(decision.reference_label) if decision.reference_label else "",
            "result": said.get(f"result:{decision.key}") or "",
            "problems": problems if decision.key == chosen and decision.asks else {},
        }
        for number, decision in enumerate(decisions_of(task.decisions), start=1)
    ]
