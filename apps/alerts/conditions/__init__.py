"""When an alert fires: what people say, what is measured for it, and whether it holds.

Pure: no database, no clock of its own. The conditions of state triggers are used as they are, with
their words; a value to end at can be said beside each, and alerts add some conditions of their own.
"""

from .deciding import Act, Seen, Verdict, decide
from .judging import Part, judge, parts_of
from .own import OwnFact
from .parsing import parse_rule
from .tree import AnyFact, Condition, Facts, Group, Rule, Test, conditions_in
from .wording import rule_words

__all__ = [
    "Act",
    "AnyFact",
    "Condition",
    "Facts",
    "Group",
    "OwnFact",
    "Part",
    "Rule",
    "Seen",
    "Test",
    "Verdict",
    "conditions_in",
    "decide",
    "judge",
    "parse_rule",
    "parts_of",
    "rule_words",
]
