"""Who did something: a person, a program with a token, a bot, a trigger, or the control room."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["person", "token", "bot", "trigger", "system"]


@dataclass(frozen=True)
class Actor:
    user_id: int | None
    name: str
    kind: ActorKind = "person"


SYSTEM = Actor(None, "Control room", "system")
