"""What decisions teach: verdicts on what models read, and rules found in what people decide."""

from .rules import Proposal, Rule, RuleCase
from .verdicts import Adoption, Verdict

__all__ = ["Adoption", "Proposal", "Rule", "RuleCase", "Verdict"]
