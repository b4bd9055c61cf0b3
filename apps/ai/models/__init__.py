"""Models and what is asked of them; prompts; agents."""

from .agents import AgentProfile, AgentRun, AgentTurn
from .calls import ModelCall, UsageDay
from .endpoints import Budget, ModelEndpoint
from .prompts import Prompt, PromptVersion

__all__ = [
    "AgentProfile",
    "AgentRun",
    "AgentTurn",
    "Budget",
    "ModelCall",
    "ModelEndpoint",
    "Prompt",
    "PromptVersion",
    "UsageDay",
]
