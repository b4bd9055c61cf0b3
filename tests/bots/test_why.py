"""Why a run waits: what is said, and that doing it lets the run start."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Now

from apps.accounts.permissions import rights_of
from apps.accounts.why import shown
from apps.bots.lifecycle import (
    claim_run,
    create_run,
    finish_run,
    plan_maintenance,
    record_beat,
    set_standing,
    stop_run,
)
from apps.bots.models import Bot, Run
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from apps.bots.why import why_run
from apps.lib.clock import database_now
from tests.bots.rows import make_automation, make_bot, make_run, make_waiting_run
from tests.bots.workers import sample
from tests.factories_limits import held, make_application, make_freeze, make_limit, make_stop
from tests.factories_queues import ANNA
from tests.waits import fall_silent, hang, only, press

pytestmark = pytest.mark.django_db


def why(run):
    return why_run(fresh(run))


def fresh(run):
    return Run.objects.select_related("version__automation", "pool", "bot").get(pk=run.pk)


def starts(run, bot, slot=1):
    claimed = claim_run(bot.pool_id, bot.pk, slot)
    return claimed is not None and claimed.pk == run.pk


def test_a_pool_without_bots(folder):
    run = make_waiting_run(make_automation(folder))
    Bot.objects.all().delete()

    blocker = only(why(run))

    assert blocker.code == "no_bot"
    assert blocker.sentence == f"The pool “{default_pool(folder).title}” has no bot."
    assert "manage.py bot --pool default" in blocker.next
    assert starts(run, make_bot(folder))


def test_the_only_bot_does_not_answer(folder):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    fall_silent(bot)

    blocker = only(why(run))

    assert (blocker.code, blocker.sentence) == ("bot_not_answering", "“robbie” does not answer.")
    assert blocker.act.url == f"/bots/{bot.pk}/"
    record_beat(bot.pk, 1)
    assert why(run).codes == ["nothing"]
    assert starts(run, bot)


@pytest.mark.parametrize(
    ("standing", "code", "sentence"),
    [
        ("draining", "bot_draining", "“robbie” finishes what it has and takes nothing new."),
        ("disabled", "bot_disabled", "“robbie” is disabled: it may not work."),
    ],
)
def test_a_bot_that_may_not_take_work_is_enabled_from_the_panel(
    folder, supervisor_client, standing, code, sentence
):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    set_standing(bot, standing, by=ANNA)

    blocker = only(why(run))
    assert (blocker.code, blocker.sentence) == (code, sentence)
    assert not starts(run, bot)

    assert press(supervisor_client, blocker.act) == 302
    assert starts(run, bot)


def test_all_slots_are_at_work_and_nobody_knows_how_long(folder):
    automation = make_automation(folder)
    bot = make_bot(folder, n_slots=1)
    working = make_run(automation, bot)
    run = make_waiting_run(automation)

    blocker = only(why(run))

    assert blocker.code == "slots_busy"
    assert blocker.sentence == f"The one slot of the pool “{bot.pool.title}” is at work."
    assert blocker.next == (
        "Slots are shared out: its own queue or automation has 1 of them. "
        "It is number 1 in line. Nobody knows how long those at work will take."
    )
    assert why(run).eta is None
    finish_run(working.pk, working.token, ExitReport())
    assert starts(run, bot)


def test_the_place_in_line_and_when_about_its_turn_comes(folder):
    automation = sample(folder, "test.patient", usual_seconds=60.0)
    bot = make_bot(folder, n_slots=1)
    make_run(automation, bot)
    *_earlier, run = [make_waiting_run(automation) for _number in range(3)]
    now = database_now()

    found = why(run)

    assert "It is number 3 in line, and starts at about the time" in only(found).next
    assert timedelta(minutes=2.9) < found.eta - now < timedelta(minutes=3.5)
    assert only(found).at == found.eta


def test_runs_of_others_take_turns_in_line(folder):
    automation, other = make_automation(folder), sample(folder, "test.stubborn")
    make_run(automation, make_bot(folder, n_slots=1))
    for _number in range(5):
        make_waiting_run(automation)

    run = make_waiting_run(other)

    assert only(why(run)).next.startswith("It is number 1 in line")


def test_a_run_that_hangs_takes_the_only_slot(folder, supervisor_client):
    automation = make_automation(folder)
    bot = make_bot(folder, n_slots=1)
    stuck = make_run(automation, bot)
    hang(stuck)
    run = make_waiting_run(automation)

    blocker = why(run).blockers[0]

    assert why(run).codes == ["hung", "slots_busy"]
    assert why(run).eta is None
    assert blocker.sentence.startswith(f"Run {stuck.pk} of “{automation.title}” hangs")
    assert blocker.act.confirm == f"Kill run {stuck.pk}?"
    assert only(why(stuck)).code == "hung"
    assert press(supervisor_client, blocker.act) == 302
    stuck.refresh_from_db()
    assert stuck.kill_requested_at is not None
    # what the slot does then
    assert stop_run(stuck.pk, stuck.token, reason="killed")
    assert starts(run, bot)


def test_a_run_whose_bot_fell_silent(folder):
    bot = make_bot(folder)
    run = make_run(make_automation(folder), bot)
    assert not why(run).is_waiting
    fall_silent(bot)

    blocker = only(why(run))

    assert blocker.code == "bot_not_answering"
    assert blocker.sentence == "“robbie”, which works on it, stopped answering."


def test_no_bot_can_do_what_the_run_needs(folder):
    automation = sample(folder, "test.patient", required_capabilities=["sap", "excel"])
    bot = make_bot(folder)
    run = make_waiting_run(automation)

    blocker = only(why(run))

    assert blocker.code == "capability"
    assert blocker.sentence.endswith("can do all that it needs: excel, sap.")
    assert not starts(run, bot)
    Bot.objects.update(capabilities=["sap", "excel"])
    assert why(run).codes == ["nothing"]
    assert starts(run, bot)


def test_the_bot_that_it_is_pinned_to_is_away(folder, supervisor_client):
    other, bot = make_bot(folder, "other"), make_bot(folder)
    version = make_automation(folder).current_version
    run = create_run(version, pinned_bot=bot)
    set_standing(bot, "draining", by=ANNA)

    blocker = only(why(run))

    assert blocker.code == "pinned_bot_away"
    assert blocker.sentence.startswith("It may run on “robbie” only. “robbie” finishes")
    assert not starts(run, other)
    assert press(supervisor_client, blocker.act) == 302
    assert starts(run, bot)


@pytest.mark.parametrize("is_of_pool", [True, False])
def test_the_bots_are_being_serviced(folder, supervisor_client, is_of_pool):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    until = database_now() + timedelta(hours=1)
    of = bot.pool if is_of_pool else bot
    planned = plan_maintenance(of, until=until, reason="Updates", by=ANNA)

    blocker = only(why(run))

    assert (blocker.code, blocker.at) == ("maintenance", until)
    assert blocker.sentence == "“robbie” is being serviced: Updates"
    assert not starts(run, bot)
    assert press(supervisor_client, blocker.act) == 302
    planned.refresh_from_db()
    assert planned.ended_at is not None
    assert why(run).codes == ["nothing"]
    assert starts(run, bot)


def test_limits_and_applications_bind_runs(folder):
    automation = make_automation(folder)
    bot = make_bot(folder)
    erp = make_application(folder, "erp", title="ERP")
    automation.applications.add(erp)
    make_limit(key="sap", title="SAP licences", application=erp)
    make_run(automation, bot)
    run = make_waiting_run(automation)

    assert why(run).codes == ["limit"]
    assert not starts(run, bot, slot=2)
    held(erp, reason="Upgrade")
    assert why(run).codes == ["application_held", "limit"]
    held(erp, seconds=-1)
    Run.objects.exclude(pk=run.pk).update(status="stopped", ended_at=Now())
    assert starts(run, bot, slot=2)


@pytest.mark.parametrize("name", ["test.patient", "test.work"])
def test_an_emergency_stop_or_a_freeze_of_all_work(folder, name):
    bot, run = make_bot(folder), make_waiting_run(sample(folder, name))
    stop = make_stop(folder)

    assert why(run).codes == ["stopped"]
    assert not starts(run, bot)
    stop.delete()
    freeze = make_freeze(folder)
    assert why(run).codes == ["freeze"]
    assert not starts(run, bot)
    freeze.delete()
    assert starts(run, bot)


def test_who_may_not_help_is_told_who_can(folder, business_user, supervisor):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    set_standing(bot, "disabled", by=ANNA)

    (line,) = shown(why(run), rights_of(business_user))["blockers"]
    assert line["act"] is None
    assert line["who"] == (
        "“Enable “robbie”” can be done by these roles: Supervisor, Designer, Admin."
    )
    (line,) = shown(why(run), rights_of(supervisor))["blockers"]
    assert line["act"].label == "Enable “robbie”"
    assert line["who"] == ""


def test_what_is_over_waits_for_nothing(folder):
    run = make_run(make_automation(folder), make_bot(folder), ends="successful")

    assert not why(run).is_waiting
    assert shown(why(run), rights_of(AnonymousUser())) == {"blockers": [], "eta": None}


def test_asking_takes_few_queries(folder, django_assert_max_num_queries):
    automation = make_automation(folder)
    make_run(automation, make_bot(folder, n_slots=1))
    run = fresh(make_waiting_run(automation))

    with django_assert_max_num_queries(10):
        why_run(run)
