"""Rules decide tasks that were just opened, and people's decisions measure them."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.learning.models import Rule, RuleCase
from apps.learning.patterns import conditions_of
from apps.learning.tables import context_of
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import DomainError
from apps.workflows.lifecycle import evaluate_decision

from .cases import case_of, corrected, facts_of, may_be_ruled
from .proposing import outcome_of
from .ruling import pause_by_itself, rows_of

logger = logging.getLogger(__name__)

Went = RuleCase.Went
ACTIVE = Rule.Status.ACTIVE

# what the last so many looks say counts; one person's slip is no proof
LOOKED_BACK = 50
FEWEST_AGAINST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of a rule's cases: how many it decided, left to people, and had looked at."""

    decided: int = 0
    sampled: int = 0
    agreed: int = 0
    looks: int = 0


def apply_rules(task_ids: Iterable[int]) -> int:
    """Let active rules decide these tasks; return how many they decided.

    May be called again with the same tasks: each meets its rule once, and so does each item and
    each turn of an instance with one sort of task: what comes back goes to people.
    """
    if not Rule.objects.filter(status=ACTIVE).exists():
        return 0  # as it mostly is: tasks and their values need not be looked at
    tasks = UserTask.objects.open().filter(pk__in=set(task_ids), rule_case__isnull=True)
    # news may come late: a rule takes no task out of the hands of somebody who types already
    tasks = tasks.exclude(working_until__gt=Now())
    waiting = list(tasks.exclude(alike="").select_related("folder"))
    rules = Rule.objects.filter(status=ACTIVE, alike__in={task.alike for task in waiting})
    by_sort: dict[tuple[int, str], list[Rule]] = {}
    for rule in rules:
        by_sort.setdefault((rule.folder_id, rule.alike), []).append(rule)
    return sum(
        _apply(task, by_sort[task.folder_id, task.alike])
        for task in waiting
        if (task.folder_id, task.alike) in by_sort and may_be_ruled(task)
    )


def measure_rule(task_id: int) -> None:
    """Compare what people decided with what the rule says; pauses a rule that they contradict.

    May be called again with the same task, also after a decision was taken back.
    """
    case = RuleCase.objects.select_related("rule", "task").filter(task=task_id).first()
    if case is None or case.went == Went.REFUSED:
        return
    is_agreed, note = _opinion(case)
    if is_agreed is None or is_agreed == case.is_agreed:
        return
    RuleCase.objects.filter(pk=case.pk).update(is_agreed=is_agreed, note=note, measured_at=Now())
    _pause_if_contradicted(case.rule)


def is_sample(rule_id: int, task_id: int, share: float) -> bool:
    """Say whether a task is left to people; always the same for the same rule and task."""
    digest = blake2b(f"{rule_id}:{task_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 < share


@transaction.atomic
def _apply(task: UserTask, rules: Sequence[Rule]) -> bool:
    # a list of tasks takes its time: a rule may have been paused, or its table changed, meanwhile
    active = list(Rule.objects.filter(pk__in=[rule.pk for rule in rules], status=ACTIVE))
    rule = _matching(task, active) if active else None
    if rule is None or _came_back(task):
        return False
    went = Went.SAMPLED if is_sample(rule.pk, task.pk, rule.sample_share) else Went.DECIDED
    case, is_new = RuleCase.objects.get_or_create(
        task=task, defaults={"rule": rule, "table_version": rule.table_version, "went": went}
    )
    if not is_new or went == Went.SAMPLED:
        return False
    try:
        _decide(task, rule)
    except DomainError as error:
        RuleCase.objects.filter(pk=case.pk).update(went=Went.REFUSED, note=error.message[:1_000])
        return False
    return True


def _came_back(task: UserTask) -> bool:
    """Whether a rule has decided this about the same work before: then it did not help.

    What a rule sends back to bots, or round a loop of a workflow, would come again for ever.
    """
    before = RuleCase.objects.filter(went=Went.DECIDED, task__alike=task.alike)
    if task.item_id is not None:
        return before.filter(task__item_id=task.item_id).exists()
    # a step that is done once for each of many is no loop
    same = before.filter(task__instance_id=task.instance_id, task__values=task.values)
    return same.filter(task__decided_at__lte=task.created_at).exists()


def _matching(task: UserTask, rules: Sequence[Rule]) -> Rule | None:
    """Ask the decision table; None: no rule fits, people decide."""
    first = rules[0]
    folder: Folder = task.folder
    facts = facts_of(task)
    context = context_of(task.kind, facts, rows_of(rules))
    try:
        result = evaluate_decision(
            folder, first.table_key, context, by=SYSTEM, version=first.table_version
        )
    except DomainError as error:
        # people decide, as they did before there was a rule
        logger.warning("Decision %s has no answer: %s", first.table_key, error)
        return None
    value = result.value if isinstance(result.value, dict) else {}
    return next(
        (
            rule
            for rule in rules
            if rule.row_id == value.get("rule")
            and rule.decision == value.get("decision")
            # the table decides; should it and the rule ever part ways, people do
            and all(each.fits(facts) for each in conditions_of(rule.conditions))
        ),
        None,
    )


def _decide(task: UserTask, rule: Rule) -> None:
    name = _("Rule “%(title)s” v%(version)d") % {
        "title": rule.title[:120],
        "version": rule.table_version,
    }
    payload = corrected(task.values, rule.corrections) if rule.corrections else None
    reason = _("Decided by %(rule)s: people decided cases like this in the same way.")
    answer = Answer(
        decision=rule.decision,
        version=task.version,
        payload=payload,
        reason=reason % {"rule": name},
    )
    decide(task, answer, by=Actor(None, name, "system"))


def _opinion(case: RuleCase) -> tuple[bool | None, str]:
    """Return whether people agree, and what they decided instead; None: nobody has said."""
    task = case.task
    decided = case_of(task)
    if decided is not None:
        rule = case.rule
        same = decided.corrections is not None and outcome_of(
            decided.decision, dict(decided.corrections)
        ) == outcome_of(rule.decision, rule.corrections)
        words = {"name": task.decided_by_name, "decision": task.decision}
        return same, "" if same else _("%(name)s decided “%(decision)s”") % words
    if case.went == Went.DECIDED and task.is_open:
        return False, _("The decision was taken back")
    return None, ""


def _pause_if_contradicted(rule: Rule) -> None:
    current = Rule.objects.select_for_update().get(pk=rule.pk)
    said = list(
        current.cases.filter(measured_at__gte=current.measured_from, is_agreed__isnull=False)
        .order_by("-measured_at")
        .values_list("is_agreed", flat=True)[:LOOKED_BACK]
    )
    against = said.count(False)
    agreement = 1 - against / len(said) if said else 1.0
    if current.status == ACTIVE and (against >= FEWEST_AGAINST) and agreement < current.limit:
        reason = _("People decided %(against)d of the last %(n)d otherwise.")
        pause_by_itself(current, reason=reason % {"against": against, "n": len(said)})


def tally_of(rules: Iterable[Rule]) -> dict[int, Tally]:
    """Return what became of the cases of each rule, by its id; one statement for all."""
    found = {rule.pk: Tally() for rule in rules}
    counted = RuleCase.objects.filter(rule__in=list(found)).order_by().values_list("rule")
    rows = counted.annotate(
        decided=Count("pk", filter=Q(went=Went.DECIDED)),
        sampled=Count("pk", filter=Q(went=Went.SAMPLED)),
        agreed=Count("pk", filter=Q(is_agreed=True)),
        looks=Count("pk", filter=Q(is_agreed__isnull=False)),
    )
    for rule_id, decided, sampled, agreed, looks in rows:
        found[rule_id] = Tally(decided=decided, sampled=sampled, agreed=agreed, looks=looks)
    return found
