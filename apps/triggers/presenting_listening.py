"""Where an event trigger listens: the address and secrets of a webhook, a folder, a mailbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .api_deliveries import address_of
from .models import Trigger, WebhookSecret
from .presenting import moment, zone_of
from .presenting_rules import title_of_subject
from .receiving.happenings import KINDS
from .receiving.signing import holding, is_webhook
from .titles import titles_in

Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Listening:
    is_webhook: bool = False
    address: str = ""
    # those that hold now, newest first
    secrets: list[WebhookSecret] = field(default_factory=list)
    facts: Facts = field(default_factory=list)


def listening_of(trigger: Trigger, request: HttpRequest) -> Listening | None:
    """Return where it listens; None of another kind. `request`: by which name we are called."""
    if trigger.kind != Trigger.Kind.EVENT:
        return None
    if is_webhook(trigger):
        return Listening(
            is_webhook=True, address=address_of(trigger, request), secrets=holding(trigger)
        )
    return Listening(facts=[*_places(trigger), *_looked(trigger)])


def _places(trigger: Trigger) -> Facts:
    rule: Mapping[str, Any] = trigger.rule
    source = rule.get("source")
    if source == "file":
        folder = f"{settings.WATCHED_DIR}/{rule.get('folder', '')}"
        return [(_("Folder"), folder), (_("Name"), str(rule.get("pattern") or "*"))]
    if source == "mail":
        words = {"mailbox": rule.get("mailbox") or "INBOX", "host": rule.get("host", "")}
        return [
            (_("Mailbox"), _("“%(mailbox)s” at %(host)s") % words),
            (_("Credential"), str(rule.get("credential", ""))),
        ]
    events = [str(KINDS.get(str(each), each)) for each in rule.get("events") or []]
    titles = titles_in(trigger.folder_id, trigger.kind, trigger.rule)
    of = title_of_subject(rule, titles) if rule.get("of") else _("any")
    return [(_("When"), each) for each in events] + [(_("Of"), of)]


def _looked(trigger: Trigger) -> Facts:
    if trigger.rule.get("source") not in {"file", "mail"}:
        return []
    at = trigger.checked_at
    return [(_("Looked last"), moment(at, zone_of(trigger)) if at else _("not yet"))]
