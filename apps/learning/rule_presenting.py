"""Proposals and rules as people read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.inbox.exceptions import words_of_decision
from apps.inbox.models import UserTask
from apps.lib.json import Json
from apps.workflows.models import Decision

from .calibration import wilson
from .fields import title_at, value_at
from .lifecycle import Tally, tally_of
from .models import Proposal, Rule, RuleCase
from .patterns import Condition, Row, conditions_of
from .presenting import percent

MOST_CASES, MOST_EXCEPTIONS = 50, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCondition:
    """A condition, and how it can be edited: `values` one a line, or `low` and `high`."""

    number: int
    condition: Condition
    label: str
    sentence: str
    values: str
    low: str
    high: str
    is_kept: bool = True


def sentence_of_condition(condition: Condition, label: str) -> str:
    """Return a condition in words."""
    words: dict[str, Any] = {"field": label}
    if condition.do == "one_of":
        values = [f"“{value_words(each)}”" for each in condition.values]
        if len(values) == 1:
            return _("%(field)s is %(value)s") % {**words, "value": values[0]}
        return _("%(field)s is one of %(values)s") % {**words, "values": ", ".join(values)}
    low, high = condition.low, condition.high
    if low is not None and high is not None:
        words |= {"low": _number(low), "high": _number(high)}
        return _("%(field)s is from %(low)s to %(high)s") % words
    elif low is not None:
        return _("%(field)s is %(low)s or more") % {**words, "low": _number(low)}
    return _("%(field)s is %(high)s or less") % {**words, "high": _number(high or 0)}


def value_words(value: Json) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "–" if value is None or value == "" else str(value)


def shown_conditions(
    conditions: Sequence[Condition], form: Mapping[str, Any], said: Mapping[str, str]
) -> list[ShownCondition]:
    """Return all conditions of a proposal; `said`: as somebody edited them, {} if nobody has."""
    is_edited = "edited" in said
    return [
        ShownCondition(
            number=number,
            condition=each,
            label=title_at(form, each.path),
            sentence=sentence_of_condition(each, title_at(form, each.path)),
            values=said.get(f"values-{number}", "\n".join(map(edited_text, each.values))),
            low=said.get(f"low-{number}", _edited(each.low)),
            high=said.get(f"high-{number}", _edited(each.high)),
            is_kept=not is_edited or bool(said.get(f"keep-{number}")),
        )
        for number, each in enumerate(conditions)
    ]


def edited_text(value: Json) -> str:
    """Return a value as it stands in a line to edit: what is no text as JSON spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def form_of(proposal: Proposal) -> dict[str, Any]:
    """Return the form of the tasks that a proposal is about."""
    return forms_of([proposal])[proposal.pk]


def forms_of(proposals: Iterable[Proposal]) -> dict[int, dict[str, Any]]:
    """Return the form of the tasks that each proposal is about, by its id; one statement."""
    newest = {each.pk: (each.task_ids or [0])[-1] for each in proposals}
    tasks = UserTask.objects.filter(pk__in=newest.values())
    forms = dict(tasks.values_list("pk", "form"))
    return {pk: forms.get(task_id) or {} for pk, task_id in newest.items()}


def proposal_rows(proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return proposals as a list shows them."""
    forms = forms_of(proposals)
    return [_proposal_row(each, forms[each.pk]) for each in proposals]


def proposal_context(
    proposal: Proposal,
    conditions: Sequence[Condition],
    row: Row | None,
    said: Mapping[str, str],
) -> dict[str, Any]:
    """Return what a proposal's page shows.

    `row`: what the cases say to these conditions, which `said` has edited.
    """
    form = form_of(proposal)
    case_ids = row.cases if row else ()
    exception_ids = row.exceptions if row else ()
    paths = [each.path for each in conditions]
    return {
        "proposal": proposal,
        "conditions": shown_conditions(conditions_of(proposal.conditions), form, said),
        "labels": [title_at(form, path) for path in paths],
        "corrections": corrections_words(proposal.corrections, form),
        "row": row,
        "agreement": _agreement(len(case_ids) - len(exception_ids), len(case_ids)),
        "exceptions": _case_rows(exception_ids[-MOST_EXCEPTIONS:], paths),
        "cases": _case_rows(
            [each for each in case_ids if each not in set(exception_ids)][-MOST_CASES:], paths
        ),
    }


def rule_rows(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return rules, read with their proposals, as a list shows them."""
    forms, tallies = forms_of([rule.proposal for rule in rules]), tally_of(rules)
    return [_rule_row(rule, forms[rule.proposal_id], tallies[rule.pk]) for rule in rules]


def rule_context(rule: Rule) -> dict[str, Any]:
    """Return what a rule's page shows."""
    cases = rule.cases.select_related("task")
    table = Decision.objects.filter(folder=rule.folder_id, key=rule.table_key).first()
    history = history_of(("rule", rule.pk)).items
    return {
        **rule_rows([rule])[0],
        "against": cases.filter(is_agreed=False)[:MOST_EXCEPTIONS],
        # which open tasks are samples is told to nobody
        "lately": cases.exclude(went=RuleCase.Went.SAMPLED, task__status="open")[:MOST_CASES],
        "table_url": reverse("decisions:decision_detail", args=[table.pk]) if table else "",
        "sample": percent(rule.sample_share, 0),
        "limit": percent(rule.limit, 0),
        "entries": [
            {
                "what": sentence_of(event),
                "at": event.occurred_at,
            }
            for event in history
        ],
    }


def _proposal_row(proposal: Proposal, form: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "proposal": proposal,
        "conditions": _sentences(proposal.conditions, form),
        "corrections": corrections_words(proposal.corrections, form),
        "agreement": _agreement(proposal.cases - proposal.exceptions, proposal.cases),
    }


def _rule_row(rule: Rule, form: Mapping[str, Any], tally: Tally) -> dict[str, Any]:
    return {
        "rule": rule,
        "status": _badge(rule),
        "word": str(Rule.Status(rule.status).label),
        "subject": rule.proposal.subject,
        "decision": rule.proposal.decision_title or rule.decision,
        "conditions": _sentences(rule.conditions, form),
        "corrections": corrections_words(rule.corrections, form),
        "decided": tally.decided,
        "sampled": tally.sampled,
        "looks": tally.looks,
        "agreement": _agreement(tally.agreed, tally.looks),
    }


def corrections_words(
    corrections: Mapping[str, Json], form: Mapping[str, Any]
) -> list[tuple[str, str]]:
    return [(title_at(form, path), value_words(value)) for path, value in corrections.items()]


def _sentences(stored: Iterable[Mapping[str, Any]], form: Mapping[str, Any]) -> list[str]:
    return [
        sentence_of_condition(each, title_at(form, each.path)) for each in conditions_of(stored)
    ]


def _case_rows(ids: Sequence[int], paths: Sequence[str]) -> list[dict[str, Any]]:
    """Return tasks, the newest first, with the values that the conditions look at."""
    tasks = UserTask.objects.in_bulk(list(ids))
    return [
        {
            "task": tasks[pk],
            "decision": words_of_decision(tasks[pk]),
            "values": [
                (title_at(tasks[pk].form, path), _value_words(tasks[pk], path)) for path in paths
            ],
        }
        for pk in reversed(ids)
        if pk in tasks
    ]


def _value_words(task: UserTask, path: str) -> str:
    value = value_at(task.values, path)
    return value_words(value) if isinstance(value, (str, int, float, bool)) else "–"


def _agreement(agreed: int, n: int) -> str:
    if not n:
        return _("not known yet")
    low, high = wilson(agreed / n, n, 1.96)
    words = {"share": percent(agreed / n), "low": percent(low), "high": percent(high)}
    return _("%(share)s (%(low)s to %(high)s)") % words


def _badge(rule: Rule) -> str:
    return {"active": "running", "paused": "paused", "retired": "cancelled"}[rule.status]


def _number(value: float) -> str:
    return str(number_format(value, None, use_l10n=True)) if value % 1 else f"{value:.0f}"


def _edited(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"
