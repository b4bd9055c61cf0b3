"""The pages over everything: overview, its lists, today, walls."""

from .overview import hide_steps, overview, overview_list
from .screens import wall_now, wall_page, wall_preview
from .today import (
    hand_over_change,
    hand_over_detail,
    hand_over_take,
    hand_over_write,
    today,
)
from .walls import (
    token_create,
    token_revoke,
    wall_create,
    wall_edit,
    wall_list,
    wall_remove,
)

__all__ = [
    "hand_over_change",
    "hand_over_detail",
    "hand_over_take",
    "hand_over_write",
    "hide_steps",
    "overview",
    "overview_list",
    "today",
    "token_create",
    "token_revoke",
    "wall_create",
    "wall_edit",
    "wall_list",
    "wall_now",
    "wall_page",
    "wall_preview",
    "wall_remove",
]
