"""A decision as people read it: its tables, and which of their rules matched."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from apps.lib.dmn import DecisionResult, RuleMatch
from apps.lib.dmn.elements import Decision, DecisionTable, Definitions, Literal
from apps.lib.dmn.errors import Problems
from apps.lib.dmn.markup import parse_definitions
from apps.lib.dmn.reading import read_definitions
from apps.lib.feel import to_json
from apps.lib.json import JsonObject

from .models import DecisionVersion
from .story import pretty, say

MAX_RULES = 500
MAX_READ = 100

EXAMPLES: dict[str, Any] = {"number": 0, "string": "", "boolean": False}


@dataclass(frozen=True, slots=True)
class ShownRule:
    number: int
    cells: list[str]
    outputs: list[str]
    notes: list[str]
    is_matched: bool
    is_applied: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A decision table, or a decision that is one expression (`expression`, no rules)."""

    id: str
    title: str
    policy: str
    inputs: list[str]
    outputs: list[str]
    notes: list[str]
    rules: list[ShownRule]
    n_hidden: int
    expression: str = ""


@lru_cache(maxsize=MAX_READ)
def _definitions(version_id: int) -> Definitions:
    """A version never changes, so what was read of it is kept."""
    xml = DecisionVersion.objects.values_list("xml", flat=True).get(pk=version_id)
    return read_definitions(parse_definitions(xml.encode()), Problems())


def tables_of(
    version: DecisionVersion | None, matched: Mapping[tuple[str, int], bool]
) -> list[ShownTable]:
    """Return the tables that the decision is made of, its own first.

    `matched`: (decision, rule) → whether the hit policy let it count.
    """
    if version is None:
        return []
    found = _definitions(version.pk)
    return [_shown(each, matched) for each in _needed(found, version.decision.key)]


def _needed(found: Definitions, key: str) -> Iterator[Decision]:
    """Yield the decision and those that it is made of, each once."""
    by_id = {each.id: each for each in found.decisions}
    waiting, seen = [key], set()
    while waiting:
        decision = by_id.get(waiting.pop(0))
        if decision is None or decision.id in seen:
            continue
        seen.add(decision.id)
        yield decision
        waiting += [each.id for each in decision.requirements if each.kind == "decision"]


def _shown(decision: Decision, matched: Mapping[tuple[str, int], bool]) -> ShownTable:
    title = decision.name or decision.id
    match decision.logic:
        case DecisionTable() as table:
            return _table(decision, table, title, matched)
        case Literal(text=text):
            return ShownTable(decision.id, title, "", [], [], [], [], 0, text.text)
        case _:
            return ShownTable(decision.id, title, "", [], [], [], [], 0)


def _table(
    decision: Decision, table: DecisionTable, title: str, matched: Mapping[tuple[str, int], bool]
) -> ShownTable:
    policy = " ".join(part for part in (table.hit_policy, table.aggregation) if part)
    notes = [name for name, _text in table.rules[0].annotations] if table.rules else []
    rules = [
        ShownRule(
            number,
            [cell.text or "–" for cell in rule.inputs],
            [cell.text for cell in rule.outputs],
            [text for _name, text in rule.annotations],
            (decision.id, number) in matched,
            matched.get((decision.id, number), False),
        )
        for number, rule in enumerate(table.rules[:MAX_RULES], start=1)
    ]
    return ShownTable(
        decision.id,
        title,
        policy,
        [each.label or each.expression.text for each in table.inputs],
        [each.label or each.name or title for each in table.outputs],
        notes,
        rules,
        max(0, len(table.rules) - MAX_RULES),
    )


def example_context(version: DecisionVersion | None, key: str) -> str:
    """Return the inputs that the decision reads as JSON to fill in."""
    if version is None:
        return "{}"
    found = _definitions(version.pk)
    wanted = {
        each.id
        for decision in _needed(found, key)
        for each in decision.requirements
        if each.kind == "input"
    }
    inputs: JsonObject = {
        each.name: EXAMPLES.get(each.type_ref or "") for each in found.inputs if each.id in wanted
    }
    return json.dumps(inputs, indent=2, ensure_ascii=False)


def told(result: DecisionResult) -> JsonObject:
    """Return an evaluation as JSON: the value, the rules that matched, and what they saw."""
    return {
        "value": to_json(result.value),
        "matched": [_rule(each) for each in result.matched],
        "decisions": {name: to_json(value) for name, value in result.decisions.items()},
        "warnings": list(result.warnings),
    }


def _rule(match: RuleMatch) -> JsonObject:
    return {
        "decision": match.decision,
        "decision_name": match.decision_name,
        "rule": match.rule,
        "applied": match.applied,
        "inputs": [
            {
                "label": seen.label or seen.expression,
                "value": to_json(seen.value),
                "test": seen.test,
            }
            for seen in match.inputs
        ],
        "outputs": {name: to_json(value) for name, value in match.outputs.items()},
        "annotations": [list(pair) for pair in match.annotations],
    }


def shown_answer(result: DecisionResult) -> dict[str, Any]:
    """Return an evaluation's value, its matched rules, and what was null on the way."""
    matched = [
        {
            "name": each.decision_name,
            "number": each.rule,
            "inputs": [
                (seen.label or seen.expression, say(to_json(seen.value)) or "–")
                for seen in each.inputs
            ],
        }
        for each in result.matched
    ]
    return {
        "value": pretty(to_json(result.value)),
        "rules": {(each.decision, each.rule): each.applied for each in result.matched},
        "matched": matched,
        "warnings": result.warnings,
    }
