"""Proposals come from what people decided, and go by what people say to them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

import orjson
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Membership
from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS
from apps.events.bus import publish
from apps.inbox.decisions import decisions_of, title_of
from apps.inbox.models import UserTask
from apps.learning.models import Proposal, Rule
from apps.learning.patterns import MIN_CASES, Row, find_rows
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json
from apps.notices.lifecycle import notify

from .cases import LEARNT_KINDS, cases_of, decided_alike

Status = Proposal.Status

DECIDED_WITHIN = timedelta(hours=1)
MOST_GROUPS = 200
# so many more cases must have come before a changed row, or one that was dismissed, is worth it
GROWN, GROWN_AFTER_NO = 1.25, 2.0
MAX_REASON = 2_000
MOST_LISTED = 1_000


def find_proposals() -> int:
    """Look at the sorts of tasks that people decided lately; return how many proposals are new."""
    lately = UserTask.objects.filter(
        status=UserTask.Status.COMPLETED,
        decided_at__gt=Now() - DECIDED_WITHIN,
        decided_by__isnull=False,
        kind__in=LEARNT_KINDS,
    ).exclude(alike="")
    groups = lately.values("folder_id", "alike").annotate(n=Count("pk")).order_by("-n")
    return sum(propose_for(each["folder_id"], each["alike"]) for each in groups[:MOST_GROUPS])


@transaction.atomic
def propose_for(folder_id: int, alike: str) -> int:
    """Propose what the decisions on one sort of tasks speak for; return how many are new."""
    tasks = decided_alike(folder_id, alike)
    if len(tasks) < MIN_CASES:
        return 0
    rows = find_rows(cases_of(tasks))
    return sum(_propose(tasks[0], row) for row in rows)


def dismiss_proposal(proposal: Proposal, *, reason: str, by: Actor) -> None:
    """Say that a proposal is not wanted, and why; it comes again only with twice the cases."""
    said = reason.strip()
    if not said:
        message = _("Say why, so that others know.")
        raise InvalidError(message, fields=[FieldProblem("reason", message)])
    with transaction.atomic():
        settle(proposal, Status.DISMISSED, by=by, reason=said[:MAX_REASON])
        publish(
            "rule_proposal.dismissed",
            subject=("rule_proposal", proposal.pk),
            folder_id=proposal.folder_id,
            by=by,
            data={"reason": said[:MAX_REASON]},
            topics=(f"learning:{proposal.folder_id}",),
        )


def settle(proposal: Proposal, status: Status, *, by: Actor, reason: str = "") -> None:
    """Close an open proposal. Raises ConflictError when somebody was first."""
    found = Proposal.objects.filter(pk=proposal.pk, status=Status.OPEN).update(
        status=status, settled_at=Now(), settled_by=by.name[:150], reason=reason
    )
    if not found:
        raise ConflictError(_("Somebody else has dealt with this proposal meanwhile."))


def supervisors_of(folder_id: int) -> list[int]:
    """Return those whom proposals and paused rules concern."""
    roles = [role for role, granted in GRANTS.items() if Action.OPERATE in granted]
    members = Membership.objects.filter(folder=folder_id, role__in=roles)
    return list(members.values_list("user_id", flat=True))


def outcome_of(decision: str, corrections: Mapping[str, Json]) -> str:
    """Return a digest of what a rule does."""
    text = orjson.dumps([decision, dict(corrections)], option=orjson.OPT_SORT_KEYS)
    return sha256(text).hexdigest()[:40]


def _propose(like: UserTask, row: Row) -> bool:
    outcome = outcome_of(row.decision, dict(row.corrections))
    same = Q(folder=like.folder_id, alike=like.alike)
    if Rule.objects.filter(
        same, ~Q(status=Rule.Status.RETIRED), proposal__outcome=outcome
    ).exists():
        return False
    before = Proposal.objects.filter(same, outcome=outcome)
    refused = before.filter(status=Status.DISMISSED).order_by("-cases").first()
    if refused is not None and len(row.cases) < GROWN_AFTER_NO * refused.cases:
        return False
    waiting = before.select_for_update().filter(status=Status.OPEN).first()
    conditions = [each.stored() for each in row.conditions]
    if waiting is not None:
        if waiting.conditions == conditions:
            Proposal.objects.filter(pk=waiting.pk).update(**_evidence(row))
            return False
        if len(row.cases) < GROWN * waiting.cases:
            return False
        settle(waiting, Status.SUPERSEDED, by=SYSTEM)
    proposal = Proposal.objects.create(
        folder_id=like.folder_id,
        alike=like.alike,
        subject=subject_of(like),
        conditions=conditions,
        decision=row.decision,
        decision_title=_title(like, row.decision)[:200],
        corrections=dict(row.corrections),
        outcome=outcome,
        **_evidence(row),
    )
    _tell(proposal)
    return True


def subject_of(task: UserTask) -> str:
    """Return what a sort of tasks is called: the place and the problem of one of them."""
    place = task.queue.title if task.queue else task.facts.get("workflow", "")
    problem = task.facts.get("step") or task.code or task.reason
    kind = str(UserTask.Kind(task.kind).label)
    return " · ".join(part for part in (place, kind, problem) if part)[:300]


def _evidence(row: Row) -> dict[str, object]:
    return {
        "cases": len(row.cases),
        "exceptions": len(row.exceptions),
        "people": row.people,
        "task_ids": _newest(row.cases),
        "exception_ids": _newest(row.exceptions),
        "first_at": row.first_at,
        "last_at": row.last_at,
    }


def _newest(ids: Sequence[int]) -> list[int]:
    return list(ids[-MOST_LISTED:])


def _title(task: UserTask, key: str) -> str:
    offered = (each for each in decisions_of(task.decisions) if each.key == key)
    return next((title_of(each) for each in offered), key)


def _tell(proposal: Proposal) -> None:
    publish(
        "rule_proposal.found",
        subject=("rule_proposal", proposal.pk),
        folder_id=proposal.folder_id,
        by=SYSTEM,
        data={"cases": proposal.cases, "exceptions": proposal.exceptions},
        topics=(f"learning:{proposal.folder_id}",),
    )
    notify(
        supervisors_of(proposal.folder_id),
        "proposal",
        title=_("A rule could decide this: %(subject)s") % {"subject": proposal.subject},
        body=_("%(cases)d cases, %(exceptions)d decided otherwise. Look at them before it acts.")
        % {"cases": proposal.cases, "exceptions": proposal.exceptions},
        url=reverse("learning:proposal_detail", args=[proposal.pk]),
        folder_id=proposal.folder_id,
        subject=("rule_proposal", proposal.pk),
        key=f"proposal:{proposal.pk}",
    )
