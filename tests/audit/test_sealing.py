"""What was recorded can't be changed, removed or slipped in unnoticed; nor can a seal."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditSeal
from apps.audit.sealing import Fault, seal, verify
from apps.events.bus import publish
from apps.events.models import Event
from apps.lib.actors import Actor

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def happen(at: datetime, kind: str = "queue.changed") -> Event:
    event = publish(kind, subject=("queue", 5), folder_id=None, by=Actor(None, "Ann"))
    change("update events_event set occurred_at = %s where id = %s", at, event.id)
    return event


def change(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0


@pytest.fixture
def sealed() -> list[int]:
    """Three seals over a day each but the last; ids of events in the first and in the second."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=60)
    ids = [happen(start + HOUR).id, happen(start + 2 * HOUR).id, happen(start + 30 * HOUR).id]
    assert seal(start) == 3
    return ids


def faults() -> list[str]:
    return [each.what for each in verify() if isinstance(each, Fault)]


def test_what_nobody_touched_is_whole(sealed: list[int]):
    out = StringIO()

    call_command("verify_audit", stdout=out)

    assert "seals over 3 events are whole" in out.getvalue()


def test_sealing_again_has_nothing_to_add(sealed: list[int]):
    n = AuditSeal.objects.count()

    assert seal() == 0
    assert AuditSeal.objects.count() == n


@pytest.mark.parametrize(
    "tamper",
    [
        lambda ids: change("update events_event set actor_name = 'Bob' where id = %s", ids[0]),
        lambda ids: change("update events_event set data = '{\"a\": 1}' where id = %s", ids[0]),
        lambda ids: change("update events_event set folder_id = 1 where id = %s", ids[2]),
        lambda ids: change("delete from events_event where id = %s", ids[1]),
        lambda ids: happen(timezone.now() - timedelta(hours=20)),
    ],
    ids=["name", "data", "folder", "removed", "slipped in"],
)
def test_one_event_that_is_not_as_it_was_breaks_one_seal(sealed: list[int], tamper: Callable):
    tamper(sealed)

    assert len(faults()) == 1
    with pytest.raises(CommandError, match="1 of"):
        call_command("verify_audit", stderr=StringIO())


def test_a_seal_in_between_is_missed(sealed: list[int]):
    AuditSeal.objects.filter(pk=AuditSeal.objects.order_by("from_at")[1].pk).delete()

    assert "a seal before it is missing" in faults()


def test_a_seal_made_by_hand_is_noticed(sealed: list[int]):
    AuditSeal.objects.filter(pk=AuditSeal.objects.first().pk).update(digest="a" * 64)

    assert "the seal was not made by this control room" in faults()


def test_seals_of_another_key_are_not_ours_unless_it_was_ours(sealed: list[int], settings):
    before = settings.SECRET_KEY
    settings.SECRET_KEY = "another one, which is long enough for anybody"
    assert len(faults()) == AuditSeal.objects.count()

    settings.SECRET_KEY_FALLBACKS = [before]

    assert faults() == []


def test_the_last_hour_is_not_sealed_while_it_may_still_be_written(db: None):
    happen(timezone.now())
    seal()

    assert AuditSeal.objects.get().to_at <= timezone.now() - timedelta(minutes=10)
    assert AuditSeal.objects.get().n_events == 0
