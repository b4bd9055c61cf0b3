"""What an evaluation answers: the value, and why it is so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.lib.feel import to_json
from apps.lib.feel.values import Value
from apps.lib.json import JsonObject


@dataclass(frozen=True, slots=True)
class InputSeen:
    """One column of a rule that matched: what was looked at, its value, and the test it passed."""

    label: str
    expression: str
    value: Value
    test: str


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that matched. `applied` tells whether the hit policy let it count.

    `decision` is the id of the decision or knowledge model that holds the table; `rule` counts
    from 1, as tables show it. `annotations` are pairs of column and text.
    """

    decision: str
    decision_name: str
    rule: int
    rule_id: str
    inputs: tuple[InputSeen, ...]
    outputs: Mapping[str, Value]
    annotations: tuple[tuple[str, str], ...] = ()
    applied: bool = True


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The value of a decision, and how it came about.

    `matched` has the rules in the order in which tables were evaluated; `decisions` the values of
    all decisions on the way, by id, the asked one last. `warnings` say why something is null;
    `violations` are those of them that tell of rules breaking their table's hit policy.
    """

    value: Value
    matched: tuple[RuleMatch, ...] = ()
    decisions: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """Return all of it as JSON, to be kept with what the decision was made for."""
        return {
            "value": to_json(self.value),
            "matched": [_match_json(each) for each in self.matched],
            "decisions": {name: to_json(value) for name, value in self.decisions.items()},
            "warnings": list(self.warnings),
            "violations": list(self.violations),
        }


def _match_json(match: RuleMatch) -> JsonObject:
    return {
        "decision": match.decision,
        "decision_name": match.decision_name,
        "rule": match.rule,
        "rule_id": match.rule_id,
        "applied": match.applied,
        "inputs": [
            {
                "label": each.label,
                "expression": each.expression,
                "value": to_json(each.value),
                "test": each.test,
            }
            for each in match.inputs
        ],
        "outputs": {name: to_json(value) for name, value in match.outputs.items()},
        "annotations": [{"name": name, "text": text} for name, text in match.annotations],
    }
