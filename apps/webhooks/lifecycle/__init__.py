"""Endpoints, what they are told, and what becomes of it.

The background worker calls `deliver`; people and programs call the rest.
"""

from .claiming import claim, give_up_late
from .hearing import hear
from .noting import note
from .replaying import replay, replay_since, send_test
from .saving import remove_endpoint, save_endpoint
from .secrets import replace_secret
from .standing import pause, resume

__all__ = [
    "claim",
    "give_up_late",
    "hear",
    "note",
    "pause",
    "remove_endpoint",
    "replace_secret",
    "replay",
    "replay_since",
    "resume",
    "save_endpoint",
    "send_test",
]
