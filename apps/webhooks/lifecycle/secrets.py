"""What calls are signed with: made here, told once, sealed, replaced with an overlap."""

from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.lib.actors import Actor
from apps.lib.sealing import SealBrokenError, seal, unseal
from apps.lib.secrecy import Secret
from apps.lib.standard_webhooks import new_secret
from apps.webhooks.models import SECRET, Endpoint, EndpointSecret

from .recording import record

log = structlog.get_logger("controlroom.webhooks")

OVERLAP_SECONDS: Final = 24 * 3_600
MAX_OVERLAP_SECONDS: Final = 30 * 24 * 3_600
# While one is replaced the one before signs, too
MAX_HOLDING: Final = 3


@transaction.atomic
def replace_secret(
    endpoint: Endpoint, *, by: Actor, overlap_seconds: int = OVERLAP_SECONDS
) -> Secret:
    """Return a new secret; nobody is told it again. Calls are signed with those so far as well,
    for `overlap_seconds` more: time to enter the new one at the receiver."""
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    rows = EndpointSecret.objects.filter(endpoint=endpoint)
    end = Now() + timedelta(seconds=overlap_seconds)
    # one that ends sooner anyway keeps its end
    rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=end)).update(expires_at=end)
    secret = add_secret(endpoint, by=by)
    kept = list(rows.order_by("-created_at", "-id").values_list("pk", flat=True)[:MAX_HOLDING])
    rows.exclude(pk__in=kept).delete()
    rows.filter(expires_at__lte=Now()).delete()
    record("secret_replaced", endpoint, by, {"overlap_seconds": overlap_seconds})
    return secret


def add_secret(endpoint: Endpoint, *, by: Actor) -> Secret:
    secret = new_secret()
    sealed = seal(secret.reveal(), purpose=SECRET)
    EndpointSecret.objects.create(endpoint=endpoint, sealed=sealed, by=by.name[:150])
    return secret


def secrets_of(endpoint: Endpoint) -> list[Secret]:
    """Return those that sign now, newest first; one that can't be opened is left out."""
    found = []
    for row in holding(endpoint):
        try:
            found.append(Secret(unseal(row.sealed, purpose=SECRET)))
        except SealBrokenError:
            log.error("webhook_secret_not_opened", endpoint=endpoint.pk)
    return found


def holding(endpoint: Endpoint) -> list[EndpointSecret]:
    still = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
    return list(EndpointSecret.objects.filter(still, endpoint=endpoint)[:MAX_HOLDING])
