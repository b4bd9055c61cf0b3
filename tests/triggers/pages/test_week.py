"""The week: what starts, how long it usually takes, what nobody has a slot for, what holds it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import User
from apps.calendars.models import Calendar
from apps.lib.clock import database_now
from apps.limits.models import Freeze
from tests.bots.rows import make_automation
from tests.factories_triggers import make_trigger

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
RUN = {"type": "run", "automation": "test-patient"}


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def monday():
    """The Monday after the next one: a week that lies ahead."""
    today = database_now().astimezone(BERLIN).date()
    return today + timedelta(days=14 - today.weekday())


@pytest.fixture
def look(supervisor, supervisor_client, monday):
    User.objects.filter(pk=supervisor.pk).update(time_zone="Europe/Berlin")
    return lambda: text_of(supervisor_client.get(f"/triggers/week/?from={monday}"))


def on(monday, clock="08:00", **said):
    return {"type": "once", "at": f"{monday}T{clock}", "zone": "Europe/Berlin", **said}


def freeze(folder, monday, clock, hours, **said):
    starts = datetime.combine(monday, datetime.min.time(), BERLIN) + timedelta(hours=clock)
    ends = starts + timedelta(hours=hours)
    times = {"starts_at": starts, "ends_at": ends}
    first = {"first_starts_at": starts, "first_ends_at": ends}
    values = {**times, **first, "zone": "Europe/Berlin", **said}
    return Freeze.objects.create(folder=folder, title="Month end", **values)


def test_runs_that_find_no_slot_are_marked_and_listed(look, folder, monday):
    make_automation(folder)
    for key in ("one", "two"):
        make_trigger(folder, key, title=f"Run {key}", rule=on(monday), target=RUN)

    week = look()

    assert "against its slots" in week
    assert "more is wanted than there is" in week
    assert "Run one, Run two" in week
    assert week.count("more runs are wanted than there are slots") == 2
    assert '<polygon class="wanted"' in week


def test_a_week_without_runs_draws_no_load(look, folder, monday):
    make_trigger(folder, "items", title="Items", rule=on(monday))

    week = look()

    assert ">Items<" in week
    assert "against its slots" not in week


def test_a_freeze_is_noted_each_day_and_leaves_out_what_it_holds(look, folder, monday):
    make_trigger(folder, "held", title="Held", rule=on(monday, "08:30"))
    make_trigger(folder, "free", title="Free", rule=on(monday, "12:30"))
    freeze(folder, monday, 8, 2, repeats="daily")

    week = look()

    assert week.count("Freeze: Month end, 08:00–10:00") == 7
    assert week.count('class="is-left-out"') == 1


def test_public_holidays_of_the_folder_are_named(supervisor, supervisor_client, folder):
    week = {"mon": [["09:00", "17:00"]]}
    values = {"key": "office", "title": "Office", "week": week, "country": "DE"}
    Calendar.objects.create(folder=folder, time_zone="Europe/Berlin", **values)
    make_trigger(folder, rule={**on("2029-12-24"), "at": "2029-12-24T08:00"})

    shown = text_of(supervisor_client.get("/triggers/week/?from=2029-12-24"))

    assert shown.count("Holiday: ") == 2
