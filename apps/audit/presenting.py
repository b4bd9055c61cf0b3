"""An event as people and programs read it: who, what, when, from where, before and after."""

from collections.abc import Mapping
from typing import Any, Final

from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.json import JsonObject
from apps.lib.secrecy import MASK

# What people set up. The changes of all else (items, tasks, instances …) hold what the work is
# about, personal data too: their values stand on their own pages, where each look is recorded.
SHOWN: Final = frozenset({
    "agent_profile", "alert_rule", "application", "archive", "asset", "automation", "bot", "budget",
    "calendar", "endpoint", "folder", "freeze", "gate", "handling_rule", "limit", "model_endpoint",
    "notice_address", "person", "pool", "prompt", "queue", "retention", "rule", "sign_in_policy",
    "sign_in_provider", "team", "token", "trigger", "wall", "workflow",
})  # fmt: skip


def row_of(event: Event) -> dict[str, Any]:
    """Return one line of the page."""
    return {
        "event": event,
        "sentence": sentence_of(event),
        "object": f"{event.subject_type}:{event.subject_id}",
        "address": address_of(event),
        "changes": [{**each, "label": each["field"]} for each in changes_of(event)],
    }


def as_json(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "at": event.occurred_at.isoformat(),
        "kind": event.kind,
        "sentence": sentence_of(event),
        "object": f"{event.subject_type}:{event.subject_id}",
        "actor": event.actor_name,
        "actor_id": event.actor_id,
        "actor_kind": event.actor_kind,
        "address": address_of(event),
        "request_id": event.request_id,
        "changes": [*changes_of(event)],
    }


def changes_of(event: Event) -> list[JsonObject]:
    """Return `{field, before, after}` of each change; dots for values that are not for here."""
    said = event.data.get("changes")
    found = [each for each in said if isinstance(each, Mapping)] if isinstance(said, list) else []
    is_shown = event.subject_type in SHOWN
    return [
        {
            "field": str(each.get("label") or each.get("field") or each.get("path") or ""),
            "before": _text(each.get("before"), is_shown),
            "after": _text(each.get("after"), is_shown),
        }
        for each in found
    ]


def address_of(event: Event) -> str:
    """Return from where it was done, where that was written down: at sign-ins and lockouts."""
    return str(event.data.get("address") or "")


def _text(value: object, is_shown: bool) -> str:
    if value in (None, ""):
        return ""
    return str(value) if is_shown else MASK
