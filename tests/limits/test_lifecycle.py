"""Applications open, are tried, close; people hold, reset, freeze, stop: each leaves a trace."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.accounts.roles import Role
from apps.events.models import Event
from apps.lib import doorbell
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError, NotFoundError
from apps.limits import lifecycle, upkeep
from apps.limits.breaker import Seen
from apps.limits.lifecycle import freezing
from apps.limits.models import Application, FolderStop, Freeze, Limit
from apps.limits.standing import application_standing
from apps.notices.models import Notice
from tests.factories import make_person
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)

pytestmark = pytest.mark.django_db

ANNA = Actor(None, "Anna")
FAILS = Seen(n=10, n_failed=9)


def kinds():
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_an_application_opens_is_tried_and_closes_and_people_hear_of_first_and_last(folder):
    supervisor = make_person(role=Role.SUPERVISOR, folder=folder)
    make_person(role=Role.BUSINESS_USER, folder=folder)
    erp = make_application(folder, title="ERP")

    lifecycle.judge_application(erp.pk, Seen(n=9, n_failed=9))
    assert kinds() == []
    lifecycle.judge_application(erp.pk, FAILS)
    erp.refresh_from_db()
    assert (erp.state, erp.times_opened) == ("open", 1)
    assert erp.reason == "9 of 10 tries failed within 5 min."
    assert erp.probe_at - erp.opened_at == timedelta(seconds=60)

    opened(erp, probe_in=-1)
    assert upkeep.move_on() == 1
    lifecycle.judge_application(erp.pk, Seen(n_failed_probes=1))
    erp.refresh_from_db()
    assert (erp.state, erp.times_opened) == ("open", 2)
    assert erp.probe_at - erp.opened_at == timedelta(seconds=120)

    opened(erp, probe_in=-1, times_opened=2)
    lifecycle.judge_application(erp.pk, Seen(n_successful_probes=3))
    erp.refresh_from_db()
    assert (erp.state, erp.times_opened, erp.reason) == ("closed", 0, "")
    assert erp.counts_from is not None
    assert kinds() == [f"application.{verb}" for verb in ("opened", "probing", "opened", "closed")]
    told = Notice.objects.filter(kind="application").order_by("id")
    assert [each.user_id for each in told] == [supervisor.pk] * 2
    assert told[0].title == "“ERP” fails: its work rests"
    assert "tried again in 1 min" in told[0].body
    assert told[1].title == "“ERP” works again"


def test_a_breaker_that_is_off_never_opens_and_lets_go_when_switched_off(folder):
    off = make_application(folder, breaker_on=False)
    was_open = opened(make_application(folder))

    lifecycle.judge_application(off.pk, FAILS)
    lifecycle.save_application(was_open, {"breaker_on": False}, by=ANNA)

    off.refresh_from_db()
    assert off.state == "closed"
    assert (was_open.state, was_open.probe_at, was_open.reason) == ("closed", None, "")


def test_what_is_gone_is_not_judged():
    assert lifecycle.judge_application(12_345, FAILS) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_that_fail_at_once_one_opens_it(folder):
    erp = make_application(folder)
    barrier = threading.Barrier(6)

    def judge():
        barrier.wait()
        lifecycle.judge_application(erp.pk, FAILS)
        connection.close()

    threads = [threading.Thread(target=judge) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    erp.refresh_from_db()
    assert (erp.state, erp.times_opened) == ("open", 1)
    assert kinds() == ["application.opened"]


def test_a_reset_closes_it_and_forgets_what_failed(folder):
    erp = opened(make_application(folder), times_opened=4)
    before = database_now()

    found = lifecycle.reset_application(erp, by=ANNA)

    assert (found.state, found.times_opened) == ("closed", 0)
    assert found.counts_from >= before
    [event] = Event.objects.all()
    assert (event.kind, event.actor_name) == ("application.reset", "Anna")
    with pytest.raises(ConflictError):
        lifecycle.reset_application(erp, by=ANNA)


def test_a_hold_ends_by_itself_or_by_a_person(folder):
    erp = make_application(folder)
    until = database_now() + timedelta(hours=2)

    found = lifecycle.hold_application(erp, until=until, reason=" Upgrade\x00 ", by=ANNA)
    assert (found.held_until, found.held_reason, found.held_by) == (until, "Upgrade", "Anna")
    assert application_standing(found).state == "held"
    with pytest.raises(InvalidError) as refused:
        lifecycle.hold_application(erp, until=database_now(), reason="", by=ANNA)
    assert refused.value.fields[0].path == "until"

    found = lifecycle.release_application(erp, by=ANNA)
    assert (found.held_at, found.held_until, found.held_by) == (None, None, "")
    with pytest.raises(ConflictError):
        lifecycle.release_application(erp, by=ANNA)

    over = held(erp, seconds=-1)
    assert application_standing(over).state == "closed"
    assert upkeep.move_on() == 1
    assert upkeep.move_on() == 0
    assert Application.objects.get(pk=erp.pk).held_at is None
    assert kinds() == [f"application.{verb}" for verb in ("held", "released", "hold_over")]


def test_a_hold_without_an_end_stays(folder):
    held(make_application(folder))

    assert upkeep.move_on() == 0


def test_freezes_that_repeat_move_on_and_others_stay(folder):
    once = make_freeze(folder, begins_in=-7_200, ends_in=-3_600)
    daily = make_freeze(folder, begins_in=-7_200, ends_in=-3_600, repeats="daily")

    assert upkeep.move_on() == 1

    once.refresh_from_db()
    moved = Freeze.objects.get(pk=daily.pk)
    assert moved.starts_at == daily.first_starts_at + timedelta(days=1)
    assert moved.ends_at == daily.first_ends_at + timedelta(days=1)
    assert once.ends_at < database_now()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("begins_in", "ends_in", "is_turn"),
    [(-1, 3_600, True), (-3_600, -1, True), (-3_600, 3_600, False), (3_600, 7_200, False)],
)
def test_who_starts_work_is_woken_when_a_freeze_begins_or_ends(
    folder, redis, monkeypatch, begins_in, ends_in, is_turn
):
    monkeypatch.setattr(freezing, "TURN_SECONDS", 600)
    make_freeze(folder, begins_in=begins_in, ends_in=ends_in)
    while doorbell.wait("scheduler", 0.01):
        pass

    upkeep.move_on()

    assert doorbell.wait("scheduler", 60 if is_turn else 0.2) is is_turn


def test_a_folder_is_stopped_until_a_person_lifts_it(folder):
    supervisor = make_person(role=Role.SUPERVISOR, folder=folder)

    stop, is_new = lifecycle.stop_folder(folder, reason="Wrong payments", by=ANNA)
    again, is_second_new = lifecycle.stop_folder(
        folder, reason="Wrong payments!", stops_runs=True, by=ANNA
    )
    third, _new = lifecycle.stop_folder(folder, reason="Still wrong", by=ANNA)

    assert (is_new, is_second_new) == (True, False)
    assert (stop.pk, again.pk, third.stops_runs) == (again.pk, third.pk, True)
    lifecycle.lift_stop(folder, by=ANNA)
    assert not FolderStop.objects.exists()
    with pytest.raises(ConflictError):
        lifecycle.lift_stop(folder, by=ANNA)
    events = Event.objects.order_by("id").values_list("kind", "data__stops_runs")
    assert list(events) == [
        ("folder.stopped", False), ("folder.stopped", True), ("folder.stopped", False),
        ("folder.stop_lifted", None),
    ]  # fmt: skip
    told = Notice.objects.filter(kind="emergency_stop", user=supervisor).order_by("id")
    assert [each.body for each in told] == [
        "Anna: Wrong payments. Nothing starts until somebody lifts it.",
        "Anna lifted it. Work starts again by itself.",
    ]


@pytest.mark.parametrize("reason", ["", "  \x00 ", "x" * 301])
def test_a_stop_needs_a_reason(folder, reason):
    with pytest.raises(InvalidError) as refused:
        lifecycle.stop_folder(folder, reason=reason, by=ANNA)

    assert refused.value.fields[0].path == "reason"
    assert not FolderStop.objects.exists()


def test_saving_says_what_changed_and_keeps_where_it_stands(folder):
    erp = opened(make_application(folder, "erp"))
    stale = Application.objects.get(pk=erp.pk)

    changes = lifecycle.save_application(erp, {"title": "ERP", "min_calls": 5}, by=ANNA, version=1)
    nothing = lifecycle.save_application(erp, {"title": "ERP"}, by=ANNA)

    assert [(each["field"], each["after"]) for each in changes] == [
        ("title", "ERP"), ("min_calls", 5),
    ]  # fmt: skip
    assert (nothing, erp.version, erp.state) == ([], 2, "open")
    with pytest.raises(ConflictError):
        lifecycle.save_application(stale, {"title": "Old"}, by=ANNA, version=1)
    assert kinds() == ["application.changed"]


def test_a_limit_changes_its_kind_and_forgets_its_pace(folder):
    rate = make_limit(folder, size=5, per_seconds=60, theoretical_at=database_now())

    lifecycle.save_limit(rate, {"kind": "seats", "per_seconds": None}, by=ANNA)

    assert (rate.kind, rate.per_seconds, rate.theoretical_at) == ("seats", None, None)


def test_a_freeze_is_planned_changed_and_removed(folder):
    erp, crm = make_application(folder), make_application(folder)
    freeze = Freeze(folder=folder)
    now = database_now()
    said = {"title": "Closing", "applications": [erp], "starts_at": now - timedelta(hours=30)}

    lifecycle.save_freeze(
        freeze,
        {**said, "ends_at": now - timedelta(hours=29), "repeats": "daily"},
        by=ANNA,
    )
    assert freeze.starts_at == now + timedelta(hours=18)
    assert (freeze.by, list(freeze.applications.all())) == ("Anna", [erp])
    changes = lifecycle.save_freeze(freeze, {"applications": [erp, crm]}, by=ANNA)
    assert [each["field"] for each in changes] == ["applications"]
    assert freeze.version == 2
    lifecycle.remove_freeze(freeze, by=ANNA)
    assert kinds() == ["freeze.created", "freeze.changed", "freeze.removed"]


def test_an_application_goes_with_its_limits_and_says_so(folder):
    erp = make_application(folder)
    make_limit(application=erp, title="Seats of ERP")
    other = make_limit(folder)

    lifecycle.remove_application(erp, by=ANNA)

    assert list(Limit.objects.all()) == [other]
    [event] = Event.objects.filter(kind="application.removed")
    assert event.data["limits"] == ["Seats of ERP"]


def test_an_application_takes_freezes_of_its_own_along_lest_they_freeze_everything(folder):
    erp, crm = make_application(folder), make_application(folder)
    make_freeze(folder, erp)
    of_both, of_all = make_freeze(folder, erp, crm), make_freeze(folder)

    lifecycle.remove_application(erp, by=ANNA)

    assert set(Freeze.objects.all()) == {of_both, of_all}
    assert list(of_both.applications.all()) == [crm]


def test_what_is_removed_meanwhile_can_t_be_moved(folder):
    erp = make_application(folder)
    gone = Application.objects.get(pk=erp.pk)
    lifecycle.remove_application(erp, by=ANNA)

    for act in (
        lambda: lifecycle.hold_application(gone, until=None, reason="", by=ANNA),
        lambda: lifecycle.reset_application(gone, by=ANNA),
        lambda: lifecycle.save_application(gone, {"title": "x"}, by=ANNA),
    ):
        with pytest.raises(NotFoundError):
            act()


WRONG = [
    (Application, {"title": " "}, "title"),
    (Application, {"failure_share": 0.0}, "failure_share"),
    (Application, {"failure_share": 1.5}, "failure_share"),
    (Application, {"min_calls": 0}, "min_calls"),
    (Application, {"window_seconds": 9}, "window_seconds"),
    (Application, {"open_seconds": 3_601}, "open_seconds"),
    (Application, {"probes": 0}, "probes"),
    (Application, {"runbook_url": "ftp://host/x"}, "runbook_url"),
    (Application, {"runbook_url": "javascript:alert(1)"}, "runbook_url"),
    (Application, {"key": "no key"}, "key"),
    (Limit, {"size": 0}, "size"),
    (Limit, {"kind": "rate"}, "per_seconds"),
    (Limit, {"kind": "seats", "per_seconds": 60}, "per_seconds"),
    (Limit, {"kind": "rate", "per_seconds": 60, "size": 5, "burst": 6}, "burst"),
    (Limit, {"kind": "seats", "size": 5, "burst": 2}, "burst"),
    (Limit, {"kind": "locks"}, "kind"),
]


@pytest.mark.parametrize(("model", "wrong", "field"), WRONG)
def test_what_makes_no_sense_is_refused_at_its_field(folder, model, wrong, field):
    row = model(folder=folder, key=wrong.get("key", "it"), title="It")
    save = lifecycle.save_application if model is Application else lifecycle.save_limit

    with pytest.raises(InvalidError) as refused:
        save(row, {name: value for name, value in wrong.items() if name != "key"}, by=ANNA)

    assert [problem.path for problem in refused.value.fields] == [field]
    assert not model.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ends_at": None}, "ends_at"),
        ({"hours": (2, 1)}, "ends_at"),
        ({"hours": (1, 1)}, "ends_at"),
        ({"hours": (-2, -1)}, "ends_at"),
        ({"hours": (0, 24), "repeats": "daily"}, "ends_at"),
        ({"hours": (0, 168), "repeats": "weekly"}, "ends_at"),
        ({"zone": "Mars"}, "zone"),
        ({"repeats": "yearly"}, "repeats"),
        ({"title": ""}, "title"),
        ({"other": True}, "applications"),
    ],
)
def test_a_freeze_that_makes_no_sense_is_refused_at_its_field(folder, wrong, field):
    now = database_now()
    begins, ends = wrong.pop("hours", (1, 2))
    said = {"title": "Night", "starts_at": now + timedelta(hours=begins)}
    said |= {"ends_at": now + timedelta(hours=ends)}
    if wrong.pop("other", False):
        said["applications"] = [make_application()]

    with pytest.raises(InvalidError) as refused:
        lifecycle.save_freeze(Freeze(folder=folder), {**said, **wrong}, by=ANNA)

    assert [problem.path for problem in refused.value.fields] == [field]
    assert not Freeze.objects.exists()


def test_keys_are_taken_once_in_a_folder(folder):
    make_application(folder, "erp")
    make_limit(folder, "seats")

    for row, save in (
        (Application(folder=folder, key="erp", title="x"), lifecycle.save_application),
        (Limit(folder=folder, key="seats", title="x"), lifecycle.save_limit),
    ):
        with pytest.raises(InvalidError) as refused:
            save(row, {}, by=ANNA)
        assert refused.value.fields[0].path == "key"


def test_a_limit_of_another_folders_application_is_refused(folder):
    limit = Limit(folder=folder, key="x", title="x")

    with pytest.raises(InvalidError) as refused:
        lifecycle.save_limit(limit, {"application": make_application()}, by=ANNA)

    assert refused.value.fields[0].path == "application"


def test_the_stop_of_one_folder_is_none_of_another(folder):
    make_stop(folder)
    other = make_application().folder

    with pytest.raises(ConflictError):
        lifecycle.lift_stop(other, by=ANNA)
