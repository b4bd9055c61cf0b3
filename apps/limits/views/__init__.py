"""The pages of applications, limits, freezes and the emergency stop."""

from .applications import (
    application_create,
    application_detail,
    application_edit,
    application_hold,
    application_list,
    application_release,
    application_remove,
    application_reset,
)
from .freezes import freeze_create, freeze_edit, freeze_list, freeze_remove
from .limits import limit_create, limit_edit, limit_list, limit_remove
from .stopping import stop_lift, stop_page, stop_set

__all__ = [
    "application_create",
    "application_detail",
    "application_edit",
    "application_hold",
    "application_list",
    "application_release",
    "application_remove",
    "application_reset",
    "freeze_create",
    "freeze_edit",
    "freeze_list",
    "freeze_remove",
    "limit_create",
    "limit_edit",
    "limit_list",
    "limit_remove",
    "stop_lift",
    "stop_page",
    "stop_set",
]
