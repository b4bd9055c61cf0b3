"""Settings: how tasks are handed out, and what happens as time goes by."""

from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, may_change, require
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import InvalidError
from apps.lib.forms import disable_all

from .lifecycle.rules import remove_rule, rules_of, save_rule
from .models import HandlingRule
from .rungs import due_in_words, matches_in_words, rungs_in_words
from .settings_forms import RuleForm

HISTORY_LENGTH = 20
STEP = 10  # between the orders of two rules


@require_safe
def rule_list(request: PersonRequest) -> HttpResponse:
    rows = [
        {
            "rule": rule,
            "matches": matches_in_words(rule),
            "due": due_in_words(rule),
            "ladder": rungs_in_words(rule.ladder),
        }
        for rule in rules_of(request.folder)
    ]
    context = {"rules": rows, "may_change": _may_change(request)}
    return render(request, "handling/list.html", context)


@require_http_methods(["GET", "POST"])
def rule_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    last = rules_of(request.folder).aggregate(at=Max("position"))["at"] or 0
    return _form_page(request, HandlingRule(folder=request.folder, position=last + STEP))


@require_http_methods(["GET", "POST"])
def rule_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(rules_of(request.folder), pk=pk))


@require_POST
def rule_remove(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    rule = get_object_or_404(rules_of(request.folder), pk=pk)
    remove_rule(rule, by=request.user.actor)
    messages.success(request, _("The rule “%(title)s” is removed.") % {"title": rule.title})
    return redirect("handling_settings:list")


def _form_page(request: PersonRequest, rule: HandlingRule) -> HttpResponse:
    may = _may_change(request)
    form = RuleForm(request.POST or None, rule=rule)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid() and _save(request, rule, form):
        return redirect("handling_settings:edit", pk=rule.pk)
    events = history_of(("handling_rule", rule.pk or 0), limit=HISTORY_LENGTH).items
    context = {
        "form": form,
        "rule": rule,
        "may_change": may,
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "handling/form.html", context, status=status)


def _save(request: PersonRequest, rule: HandlingRule, form: RuleForm) -> bool:
    try:
        changes = save_rule(rule, form.values(), by=request.user.actor)
    except InvalidError as error:
        for problem in error.fields:
            form.show(problem)
        return False
    messages.success(
        request, _("Saved; it holds for new tasks.") if changes else _("Nothing was changed.")
    )
    return True


def _may_change(request: PersonRequest) -> bool:
    return may_change(request.user, Action.DESIGN, request.folder.pk, method=request.method or "")
