"""What an evaluation answers: the value, and why it is so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.lib.feel.values import Value


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
    all decisions on the way, by id, the asked one last. `warnings` say why something is null.
    """

    value: Value
    matched: tuple[RuleMatch, ...] = ()
    decisions: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
