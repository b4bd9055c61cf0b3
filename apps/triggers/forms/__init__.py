"""A trigger as people edit it: what starts, when, and what if; in plain fields, kind by kind."""

from collections.abc import Mapping
from typing import Final

from apps.triggers.models import Trigger

from .base import TriggerForm
from .events import EventForm
from .expecting import ExpectedForm
from .fields import MAX_REASON, PauseForm, ReasonForm
from .queues import QueueForm
from .states import StateForm
from .times import TimeForm

FORM_OF: Final[Mapping[str, type[TriggerForm]]] = {
    form.kind.value: form for form in (TimeForm, QueueForm, StateForm, EventForm, ExpectedForm)
}
DEFAULT_KIND: Final = Trigger.Kind.TIME.value

__all__ = [
    "DEFAULT_KIND",
    "FORM_OF",
    "MAX_REASON",
    "EventForm",
    "ExpectedForm",
    "PauseForm",
    "QueueForm",
    "ReasonForm",
    "StateForm",
    "TimeForm",
    "TriggerForm",
]
