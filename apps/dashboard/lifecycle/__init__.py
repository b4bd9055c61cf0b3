"""What people do here; each verb leaves one event."""

from .hand_overs import change_hand_over, take_over, write_hand_over
from .walls import (
    create_display_token,
    digest_of,
    remove_wall,
    revoke_display_token,
    save_wall,
)

__all__ = [
    "change_hand_over",
    "create_display_token",
    "digest_of",
    "remove_wall",
    "revoke_display_token",
    "save_wall",
    "take_over",
    "write_hand_over",
]
