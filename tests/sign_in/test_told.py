"""Who hears of what happens at the door."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.events.bus import deliver_outbox
from apps.notices.models import Notice
from tests.sign_in.helping import give_password, with_app

pytestmark = pytest.mark.django_db


def notices_of(person: User, kind: str) -> list[str]:
    return list(Notice.objects.filter(user=person, kind=kind).values_list("title", flat=True))


def test_admins_hear_of_a_lockout_once(supervisor: User, admin: User, designer: User):
    for _ in range(12):
        Client().post("/sign-in/", {"username": "supervisor", "password": "wrong"})
    deliver_outbox()
    deliver_outbox()

    assert len(notices_of(admin, "sign_in_locked")) == 1
    assert notices_of(designer, "sign_in_locked") == []


def test_people_hear_when_somebody_changes_what_guards_their_account(
    admin_client: Client, supervisor: User
):
    with_app(supervisor)
    admin_client.post(f"/settings/people/{supervisor.pk}/reset-factors/")
    deliver_outbox()

    (title,) = notices_of(supervisor, "account_guards")
    assert "removed all second factors" in title


def test_signing_in_tells_nobody(supervisor: User):
    give_password(Client(), supervisor)
    deliver_outbox()

    assert not Notice.objects.exists()
