"""What decisions teach, as pages."""

from .gates import adoption_put_back, gate_adopt, gate_detail, gate_list
from .rules import (
    proposal_accept,
    proposal_detail,
    proposal_dismiss,
    rule_detail,
    rule_list,
    rule_pause,
    rule_resume,
    rule_retire,
)

__all__ = [
    "adoption_put_back",
    "gate_adopt",
    "gate_detail",
    "gate_list",
    "proposal_accept",
    "proposal_detail",
    "proposal_dismiss",
    "rule_detail",
    "rule_list",
    "rule_pause",
    "rule_resume",
    "rule_retire",
]
