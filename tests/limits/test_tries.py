"""What applications are judged by: tries, counted since what the breaker was when it was asked."""

import pytest

from apps.events.models import Event
from apps.lib.actors import Actor
from apps.limits import lifecycle, tries
from apps.limits.breaker import Seen
from tests.factories_limits import make_application, opened

pytestmark = pytest.mark.django_db

ANNA = Actor(None, "Anna")
FAILS = Seen(n=10, n_failed=9)


def test_what_was_counted_before_a_person_reset_it_opens_nothing(folder, monkeypatch):
    erp = opened(make_application(folder))

    def counts(ids):
        # a person is quicker than who counts
        lifecycle.reset_application(erp, by=ANNA)
        return [(pk, FAILS) for pk in ids]

    monkeypatch.setattr(tries, "_counts", {"test": counts})
    assert tries.feed([erp.pk]) == 0

    erp.refresh_from_db()
    assert (erp.state, Event.objects.get().kind) == ("closed", "application.reset")
    # what is counted since then counts
    monkeypatch.setattr(tries, "_counts", {"test": lambda ids: [(pk, FAILS) for pk in ids]})
    assert tries.feed([erp.pk]) == 1
