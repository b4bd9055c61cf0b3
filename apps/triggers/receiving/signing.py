"""Secrets that callers sign with: made here, told once, sealed, replaced with an overlap."""

from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.assets.vault import keyring
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.json import Json
from apps.lib.keyring import Sealed, VaultError
from apps.lib.secrecy import Secret
from apps.triggers.lifecycle.hooking import hook_up
from apps.triggers.lifecycle.moving import record
from apps.triggers.lifecycle.standing import lock
from apps.triggers.models import Trigger, WebhookSecret

from .signatures import new_secret

log = structlog.get_logger("controlroom.triggers")

FORM: Final = 1  # of the place that a secret is sealed for
OVERLAP_SECONDS: Final = 24 * 3_600
MAX_OVERLAP_SECONDS: Final = 30 * 24 * 3_600
# While one is replaced the one before holds, too
MAX_HOLDING: Final = 5


def is_webhook(trigger: Trigger) -> bool:
    return trigger.kind == Trigger.Kind.EVENT and trigger.rule.get("source") == "webhook"


@transaction.atomic
def replace_secret(
    trigger: Trigger, *, by: Actor, overlap_seconds: int = OVERLAP_SECONDS
) -> Secret:
    """Return a new secret for the callers of this trigger; nobody is told it again.

    Those there are hold for `overlap_seconds` more: time to enter the new one at the sender. The
    first one also makes the address. Raises ConflictError unless it is a webhook.
    """
    found = lock(trigger.pk)
    if not is_webhook(found):
        raise ConflictError(_("Only webhooks have a secret."))
    hook_up(found)
    _let_run_out(found, overlap_seconds)
    secret = new_secret()
    row = WebhookSecret.objects.create(trigger=found, by=by.name[:150])
    sealed = keyring().seal(secret.reveal(), _place(row))
    WebhookSecret.objects.filter(pk=row.pk).update(sealed=sealed.box, key_name=sealed.key_name)
    record("secret_replaced", found, by)
    return secret


def secrets_of(trigger: Trigger) -> list[Secret]:
    """Return the secrets that hold now, newest first; one that can't be opened is left out."""
    opened = []
    for row in holding(trigger):
        box = bytes(row.sealed or b"")
        try:
            opened.append(Secret(keyring().open(Sealed(row.key_name, box), _place(row))))
        except VaultError as error:
            log.error("webhook_secret_not_opened", trigger=trigger.pk, error=error.message)
    return opened


def holding(trigger: Trigger) -> list[WebhookSecret]:
    """Return the rows of the secrets that hold now, newest first."""
    still = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    rows = WebhookSecret.objects.filter(still, trigger=trigger, sealed__isnull=False)
    return list(rows[:MAX_HOLDING])


def _let_run_out(trigger: Trigger, overlap_seconds: int) -> None:
    """Give an end to those that hold; one that ends sooner anyway keeps its end."""
    rows = WebhookSecret.objects.filter(trigger=trigger)
    rows.filter(expires_at__lte=Now()).delete()
    end = Now() + timedelta(seconds=overlap_seconds)
    later = Q(expires_at__isnull=True) | Q(expires_at__gt=end)
    rows.filter(later).update(expires_at=end)
    kept = list(rows.order_by("-created_at", "-id").values_list("pk", flat=True)[: MAX_HOLDING - 1])
    rows.exclude(pk__in=kept).delete()


def _place(row: WebhookSecret) -> list[Json]:
    return ["controlroom.webhook", FORM, row.trigger_id, row.pk]
