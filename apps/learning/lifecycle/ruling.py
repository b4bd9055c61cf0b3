"""Rules come from accepted proposals; people pause, resume and retire them, and they do so, too.

The active rules of one sort of tasks are one decision table; each change of them is a version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.inbox.models import UserTask
from apps.learning.fields import title_at
from apps.learning.models import Proposal, Rule
from apps.learning.patterns import MIN_AGREEMENT, Condition, Row, conditions_of, weigh
from apps.learning.tables import TableRow, table_xml
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json
from apps.notices.lifecycle import notify
from apps.workflows.lifecycle import deploy_decision

from .cases import cases_of, decided_alike
from .proposing import settle, supervisors_of

Status = Rule.Status

MAX_TITLE = 150
MAX_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class Terms:
    """With what a proposal is accepted; it may have been edited."""

    title: str
    conditions: Sequence[Condition]
    sample_share: float = 0.1
    limit: float = 0.95


def accept_proposal(proposal: Proposal, terms: Terms, *, by: Actor) -> Rule:
    """Make it a rule that acts from now on.

    Raises InvalidError by field, and when with these conditions too many of the known cases were
    decided otherwise; ConflictError when somebody was first.
    """
    _check(terms)
    row = weigh_terms(proposal, terms.conditions)
    if row is None or row.agreement < MIN_AGREEMENT:
        raise InvalidError(_why_not(row), fields=[FieldProblem("conditions", _why_not(row))])
    with transaction.atomic():
        settle(proposal, Proposal.Status.ACCEPTED, by=by)
        rule = Rule.objects.create(
            folder_id=proposal.folder_id,
            proposal=proposal,
            title=terms.title.strip(),
            alike=proposal.alike,
            conditions=[each.stored() for each in terms.conditions],
            decision=proposal.decision,
            corrections=proposal.corrections,
            sample_share=terms.sample_share,
            limit=terms.limit,
            table_key=f"rules_{proposal.alike[:16]}",
            accepted_by=by.name[:150],
        )
        _deploy(rule, by, _("Rule “%(title)s” accepted") % {"title": rule.title})
        _record("rule.accepted", rule, by)
    return rule


def weigh_terms(proposal: Proposal, conditions: Sequence[Condition]) -> Row | None:
    """Return what the known cases say to these conditions; None: no case fits."""
    cases = cases_of(decided_alike(proposal.folder_id, proposal.alike))
    return weigh(cases, conditions, proposal.decision, tuple(sorted(proposal.corrections.items())))


def pause_rule(rule: Rule, *, reason: str, by: Actor) -> None:
    """Let people decide again. Raises ConflictError when it does not decide now."""
    said = reason.strip()[:MAX_REASON]
    with transaction.atomic():
        _move(rule, (Status.ACTIVE,), status=Status.PAUSED, paused_reason=said)
        _deploy(rule, by, _("Rule “%(title)s” paused") % {"title": rule.title})
        _record("rule.paused", rule, by, reason=said)


def pause_by_itself(rule: Rule, *, reason: str) -> None:
    """The same, with a notice to those whom it concerns."""
    pause_rule(rule, reason=reason, by=SYSTEM)
    notify(
        supervisors_of(rule.folder_id),
        "proposal",
        title=_("Rule “%(title)s” has paused itself") % {"title": rule.title},
        body=reason,
        url=reverse("learning:rule_detail", args=[rule.pk]),
        folder_id=rule.folder_id,
        subject=("rule", rule.pk),
    )


def resume_rule(rule: Rule, *, by: Actor) -> None:
    """Let it decide again; its agreement is measured anew from now on."""
    with transaction.atomic():
        _move(rule, (Status.PAUSED,), status=Status.ACTIVE, paused_reason="", measured_from=Now())
        _deploy(rule, by, _("Rule “%(title)s” resumed") % {"title": rule.title})
        _record("rule.resumed", rule, by)


def retire_rule(rule: Rule, *, by: Actor) -> None:
    """End it for good; what it decided stays."""
    with transaction.atomic():
        _move(rule, (Status.ACTIVE, Status.PAUSED), status=Status.RETIRED)
        _deploy(rule, by, _("Rule “%(title)s” retired") % {"title": rule.title})
        _record("rule.retired", rule, by)


def rows_of(rules: Sequence[Rule]) -> list[TableRow]:
    """Return rules as rows of their table."""
    return [
        TableRow(
            id=rule.row_id,
            conditions=conditions_of(rule.conditions),
            decision=rule.decision,
            corrections=rule.corrections,
            why=rule.title,
        )
        for rule in rules
    ]


def _check(terms: Terms) -> None:
    problems = []
    if not 0 < len(terms.title.strip()) <= MAX_TITLE:
        message = _("Give it a name of at most %(n)d characters.") % {"n": MAX_TITLE}
        problems.append(FieldProblem("title", message))
    if not 0 <= terms.sample_share <= 1:
        problems.append(FieldProblem("sample_share", _("must be from 0 to 100 %")))
    if not 0 <= terms.limit <= 1:
        problems.append(FieldProblem("limit", _("must be from 0 to 100 %")))
    if problems:
        raise InvalidError(" ".join(each.message for each in problems), fields=problems)


def _why_not(row: Row | None) -> str:
    if row is None:
        return _("No task that people decided fits these conditions.")
    return _(
        "With these conditions people decided %(exceptions)d of %(cases)d cases otherwise; a rule "
        "may have %(most)d %% at most."
    ) % {
        "exceptions": len(row.exceptions),
        "cases": len(row.cases),
        "most": round(100 - 100 * MIN_AGREEMENT),
    }


def _move(rule: Rule, from_: tuple[Status, ...], **values: object) -> None:
    if not Rule.objects.filter(pk=rule.pk, status__in=from_).update(**values):
        raise ConflictError(_("Somebody else has changed this rule meanwhile."))
    rule.refresh_from_db()


def _deploy(changed: Rule, by: Actor, note: str) -> None:
    """Deploy the table of the rules that are active now, and tell them their version."""
    folder = Folder.objects.select_for_update(no_key=True).get(pk=changed.folder_id)
    same = Rule.objects.filter(folder=folder, alike=changed.alike)
    active = list(same.filter(status=Status.ACTIVE))
    if not active:
        return
    revision = max(same.values_list("table_version", flat=True)) + 1
    xml = table_xml(
        changed.table_key,
        title=_("Rules: %(subject)s") % {"subject": changed.proposal.subject[:150]},
        kind=_like(changed).kind,
        rows=rows_of(active),
        labels=_labels(changed, active),
        revision=revision,
    )
    deployed = deploy_decision(folder, xml, by=by, note=note)
    version = deployed.versions[0].number
    same.filter(pk__in=[rule.pk for rule in active]).update(table_version=version)
    changed.refresh_from_db()


def _like(rule: Rule) -> UserTask:
    """Return a task of the sort that the rule decides."""
    return UserTask.objects.get(pk=rule.proposal.task_ids[-1])


def _labels(rule: Rule, active: Sequence[Rule]) -> Mapping[str, str]:
    form = _like(rule).form
    paths = {each.path for one in active for each in conditions_of(one.conditions)}
    return {path: title_at(form, path) for path in paths}


def _record(kind: str, rule: Rule, by: Actor, **data: Json) -> None:
    publish(
        kind,
        subject=("rule", rule.pk),
        folder_id=rule.folder_id,
        by=by,
        data={"title": rule.title, "version": rule.table_version, **data},
        topics=(f"learning:{rule.folder_id}", f"rule:{rule.pk}"),
    )
