"""Five workflows to begin with: copied, then changed in a modeler. See docs/workflows.md."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Pattern:
    """A model that deploys as it stands; `name` is its file's."""

    name: str
    title: Any
    text: Any

    @cached_property
    def xml(self) -> bytes:
        return (FOLDER / f"{self.name}.bpmn").read_bytes()


PATTERNS = (
    Pattern(
        "dispatcher-and-performers",
        _("Dispatcher and performers"),
        _("One bot finds the work, many bots do it piece by piece, one bot reports."),
    ),
    Pattern(
        "approval",
        _("Approval"),
        _("Above a limit a person decides, with a due time; after a day somebody reminds them."),
    ),
    Pattern(
        "ai-with-check",
        _("AI with check"),
        _("What a model is sure of goes on; the rest, and a sample of all, a person checks."),
    ),
    Pattern(
        "fan-out-per-line",
        _("Fan-out per line"),
        _("Every line of an order at the same time; what failed, a person settles as one list."),
    ),
    Pattern(
        "nightly-batch",
        _("Nightly batch"),
        _("Starts by itself at night, and says so if it is not ready before the office opens."),
    ),
)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
