"""A line of the log, wherever it comes from."""

from dataclasses import dataclass, field
from datetime import datetime

from apps.lib.json import JsonObject

from .keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """`id` below zero: the visit of an element, which is in no table of lines."""

    id: int
    at: datetime
    folder_id: int
    level: str
    message: str
    run_id: int | None = None
    bot_id: int | None = None
    queue_id: int | None = None
    item_id: int | None = None
    instance_id: int | None = None
    attempt: int | None = None
    token: int | None = None
    step: str = ""
    correlation_id: str = ""
    fields: JsonObject = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return Key(self.at, self.id)
