"""The pages of alerts."""

from .caring import (
    acknowledge_chosen,
    alert_acknowledge,
    alert_assign,
    alert_comment,
    alert_detail,
    alert_list,
    alert_resolve,
    alert_snooze,
)
from .rules import (
    noise_report,
    preview,
    preview_new,
    rule_create,
    rule_detail,
    rule_edit,
    rule_list,
    rule_remove,
    rule_switch,
    rule_test,
)
from .silences import silence_end, silence_list

__all__ = [
    "acknowledge_chosen",
    "alert_acknowledge",
    "alert_assign",
    "alert_comment",
    "alert_detail",
    "alert_list",
    "alert_resolve",
    "alert_snooze",
    "noise_report",
    "preview",
    "preview_new",
    "rule_create",
    "rule_detail",
    "rule_edit",
    "rule_list",
    "rule_remove",
    "rule_switch",
    "rule_test",
    "silence_end",
    "silence_list",
]
