"""Rules from decisions: what is proposed, what acts, and how well."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.learning import lifecycle
from apps.learning.forms import ReasonForm, TermsForm, insisted
from apps.learning.lifecycle import Terms
from apps.learning.models import Proposal, Rule
from apps.learning.patterns import Condition, conditions_of
from apps.learning.rights import may_change, require_change
from apps.learning.rule_presenting import proposal_context, proposal_rows, rule_context, rule_rows
from apps.learning.terms import edited_conditions
from apps.lib.errors import DomainError

from .gates import places

MOST_LISTED = 100


@require_safe
def rule_list(request: PersonRequest) -> HttpResponse:
    proposals = Proposal.objects.visible_to(request.user)
    rules = Rule.objects.visible_to(request.user).select_related("proposal")
    open_ones = proposals.filter(status=Proposal.Status.OPEN)[:MOST_LISTED]
    in_use = rules.exclude(status=Rule.Status.RETIRED)
    closed = [Proposal.Status.DISMISSED, Proposal.Status.SUPERSEDED]
    context = {
        "places": places(request, "rules"),
        "proposals": proposal_rows(list(open_ones)),
        "rules": rule_rows(list(in_use[:MOST_LISTED])),
        "retired": rules.filter(status=Rule.Status.RETIRED)[:MOST_LISTED],
        "settled": proposals.filter(status__in=closed)[:MOST_LISTED],
    }
    return render(request, "learning/rule_list.html", context)


@require_safe
def proposal_detail(request: PersonRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk)
    conditions = conditions_of(proposal.conditions)
    terms = TermsForm(initial={"title": str(proposal)[:150]})
    return _show(request, proposal, conditions, terms)


@require_POST
def proposal_accept(request: PersonRequest, pk: int) -> HttpResponse:
    """Make it a rule; with `check`, only show what the cases say to the edited conditions."""
    proposal = _proposal(request, pk)
    require_change(request.user, proposal.folder_id)
    conditions: list[Condition] = list(conditions_of(proposal.conditions))
    terms = TermsForm(request.POST)
    try:
        conditions = edited_conditions(conditions, request.POST.dict())
        if "check" in request.POST:
            return _show(request, proposal, conditions, terms)
        said = insisted(terms)
        rule = lifecycle.accept_proposal(
            proposal,
            Terms(
                title=said["title"],
                conditions=conditions,
                sample_share=said["sample"] / 100,
                limit=said["limit"] / 100,
            ),
            by=request.user.actor,
        )
    except DomainError as error:
        if error.status != 422:
            raise
        if terms.is_valid():
            terms.add_error(None, error.message)
        return _show(request, proposal, conditions, terms, status=422)
    messages.success(request, _("The rule decides from now on."))
    return redirect("learning:rule_detail", pk=rule.pk)


@require_POST
def proposal_dismiss(request: PersonRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk)
    require_change(request.user, proposal.folder_id)
    said = insisted(ReasonForm(request.POST))
    lifecycle.dismiss_proposal(proposal, reason=said["reason"], by=request.user.actor)
    messages.success(
        request, _("Dismissed. It comes again only if twice as many cases speak for it.")
    )
    return redirect("learning:rule_list")


@require_safe
def rule_detail(request: PersonRequest, pk: int) -> HttpResponse:
    rule = _rule(request, pk)
    context = {
        **rule_context(rule),
        "may_change": may_change(request.user, rule.folder_id),
        "reason_form": ReasonForm(),
    }
    return render(request, "learning/rule_detail.html", context)


@require_POST
def rule_pause(request: PersonRequest, pk: int) -> HttpResponse:
    said = insisted(ReasonForm(request.POST))
    return _change(
        request,
        pk,
        lambda rule: lifecycle.pause_rule(rule, reason=said["reason"], by=request.user.actor),
        _("Paused: people decide."),
    )


@require_POST
def rule_resume(request: PersonRequest, pk: int) -> HttpResponse:
    return _change(
        request,
        pk,
        lambda rule: lifecycle.resume_rule(rule, by=request.user.actor),
        _("The rule decides again."),
    )


@require_POST
def rule_retire(request: PersonRequest, pk: int) -> HttpResponse:
    return _change(
        request,
        pk,
        lambda rule: lifecycle.retire_rule(rule, by=request.user.actor),
        _("Retired: people decide."),
    )


def _change(
    request: PersonRequest, pk: int, verb: Callable[[Rule], None], message: str
) -> HttpResponse:
    rule = _rule(request, pk)
    require_change(request.user, rule.folder_id)
    verb(rule)
    messages.success(request, message)
    return redirect("learning:rule_detail", pk=rule.pk)


def _show(
    request: PersonRequest,
    proposal: Proposal,
    conditions: list[Condition] | tuple[Condition, ...],
    terms: TermsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    row = lifecycle.weigh_terms(proposal, conditions)
    context = {
        **proposal_context(proposal, conditions, row, request.POST.dict()),
        "terms": terms,
        "reason_form": ReasonForm(),
        "is_open": proposal.status == Proposal.Status.OPEN,
        "may_change": may_change(request.user, proposal.folder_id),
    }
    return render(request, "learning/proposal_detail.html", context, status=status)


def _proposal(request: PersonRequest, pk: int) -> Proposal:
    found: Proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=pk)
    return found


def _rule(request: PersonRequest, pk: int) -> Rule:
    visible = Rule.objects.visible_to(request.user).select_related("proposal")
    found: Rule = get_object_or_404(visible, pk=pk)
    return found
