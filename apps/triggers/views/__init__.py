"""The pages of triggers."""

from .deliveries import delivery_again, delivery_detail, delivery_file, secret_replace
from .editing import preview, preview_new, trigger_create, trigger_edit
from .looking import trigger_detail, trigger_list, week
from .standing import (
    pause_all,
    resume_all,
    trigger_dry_run,
    trigger_fire,
    trigger_pause,
    trigger_remove,
    trigger_resume,
    trigger_roll_back,
)

__all__ = [
    "delivery_again",
    "delivery_detail",
    "delivery_file",
    "pause_all",
    "preview",
    "preview_new",
    "resume_all",
    "secret_replace",
    "trigger_create",
    "trigger_detail",
    "trigger_dry_run",
    "trigger_edit",
    "trigger_fire",
    "trigger_list",
    "trigger_pause",
    "trigger_remove",
    "trigger_resume",
    "trigger_roll_back",
    "week",
]
