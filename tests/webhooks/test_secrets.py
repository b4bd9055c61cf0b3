"""Secrets that calls are signed with: replaced, sealed, never left out."""

import json

import pytest
from django.db.models.functions import Now

from apps.events.models import Event
from apps.webhooks import lifecycle
from apps.webhooks.lifecycle.secrets import secrets_of
from apps.webhooks.models import EndpointSecret
from apps.webhooks.upkeep import deliver
from tests.factories_queues import ANNA
from tests.factories_webhooks import deliveries, happen, make_endpoint
from tests.webhooks.receivers import is_genuine

pytestmark = pytest.mark.django_db


def test_the_secret_before_signs_too_until_its_time_is_over(folder, outside):
    endpoint, old = make_endpoint(folder, outside.url)
    new = lifecycle.replace_secret(endpoint, by=ANNA)
    happen(folder)
    deliver()

    for secret in (old, new):
        assert is_genuine(secret, outside.heads[0], outside.heard[0])
    EndpointSecret.objects.filter(expires_at__isnull=False).update(expires_at=Now())
    happen(folder)
    deliver()
    assert is_genuine(new, outside.heads[1], outside.heard[1])
    assert not is_genuine(old, outside.heads[1], outside.heard[1])
    for _turn in range(9):
        lifecycle.replace_secret(endpoint, by=ANNA)
    assert len(secrets_of(endpoint)) == 3


def test_secrets_are_sealed_and_stand_nowhere_else(folder, outside, django_db_blocker):
    endpoint, secret = make_endpoint(folder, outside.url)
    bare = secret.reveal().removeprefix("whsec_")

    assert bare not in EndpointSecret.objects.get(endpoint=endpoint).sealed
    told = [json.dumps(each.data) for each in Event.objects.all()]
    assert not [each for each in told if bare in each or "hook?a=1" in each]
    assert [each for each in told if "127.0.0.1" in each], "of an address the host"


def test_with_another_secret_key_nothing_goes_out_unsigned(folder, outside, settings):
    endpoint, _secret = make_endpoint(folder, outside.url)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    happen(folder)

    assert deliver() == 0
    assert outside.heard == []
    assert "replace it" in deliveries(endpoint)[0].error
