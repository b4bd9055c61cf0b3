"""The only writer of where applications, freezes and emergency stops stand."""

from .freezing import move_freezes_on, tell_turns
from .holding import hold_application, release_application, release_over
from .judging import judge_application, note_probing, reset_application
from .saving import (
    remove_application,
    remove_freeze,
    remove_limit,
    save_application,
    save_freeze,
    save_limit,
)
from .stopping import lift_stop, stop_folder

__all__ = [
    "hold_application",
    "judge_application",
    "lift_stop",
    "move_freezes_on",
    "note_probing",
    "release_application",
    "release_over",
    "remove_application",
    "remove_freeze",
    "remove_limit",
    "reset_application",
    "save_application",
    "save_freeze",
    "save_limit",
    "stop_folder",
    "tell_turns",
]
