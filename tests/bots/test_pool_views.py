"""The pages of pools, of maintenance, and of new versions that are tried."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.bots.lifecycle import claim_run, create_run, plan_maintenance, publish_wanted_slots
from apps.bots.models import Automation, Bot, BotPool, Canary, Maintenance
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories import make_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(folder) -> Bot:
    return make_bot(folder)


@pytest.fixture
def automation(folder) -> Automation:
    return sample(folder, "test.patient")


def address(name, *arguments):
    return reverse(name, args=arguments)


def wall_clock(hours: float) -> str:
    moment = timezone.localtime(database_now() + timedelta(hours=hours))
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_pools_show_what_they_have_and_want(supervisor_client, bot, automation):
    for _ in range(3):
        create_run(automation.current_version)
    claim_run(bot.pool_id, bot.pk, 1)
    publish_wanted_slots()

    table = supervisor_client.get(address("bots:pool_list")).text
    page = supervisor_client.get(address("bots:pool_detail", bot.pool_id)).text

    assert "0 slots or more" in table
    assert "1 slot more is wanted." in page
    assert automation.title in page
    assert "robbie" in page


def test_a_pool_of_another_folder_is_not_there(supervisor_client):
    elsewhere = BotPool.objects.create(folder=make_folder(), key="far", title="Far away")

    assert "Far away" not in supervisor_client.get(address("bots:pool_list")).text
    assert supervisor_client.get(address("bots:pool_detail", elsewhere.pk)).status_code == 404
    said = {"until": wall_clock(1), "strategy": "drain"}
    answer = supervisor_client.post(address("bots:pool_maintenance", elsewhere.pk), said)
    assert answer.status_code == 404


@pytest.mark.parametrize("of_pool", [False, True])
def test_maintenance_is_planned_shown_and_ended(supervisor_client, bot, of_pool):
    plan = address("bots:pool_maintenance", bot.pool_id)
    if not of_pool:
        plan = address("bots:bot_maintenance", bot.pk)
    said = {"until": wall_clock(2), "strategy": "stop", "reason": "New disks"}

    supervisor_client.post(plan, said)

    page = supervisor_client.get(address("bots:bot_detail", bot.pk)).text
    assert "New disks" in page
    assert "Ask to stop" in page
    planned = Maintenance.objects.get()
    end = address("bots:maintenance_end", planned.pk)
    assert "End it now" in page
    supervisor_client.post(end)
    assert "over already" in supervisor_client.post(end, follow=True).text
    assert "New disks" not in supervisor_client.get(address("bots:bot_detail", bot.pk)).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"until": ""}, "Until"),
        ({"until": "soon"}, "Give a date and a time."),
        ({"until": "2001-01-01T10:00"}, "in the future"),
        ({"strategy": "explode"}, "explode"),
    ],
)
def test_maintenance_that_makes_no_sense_is_refused(supervisor_client, bot, wrong, said):
    values = {"until": wall_clock(1), "strategy": "drain", **wrong}

    page = supervisor_client.post(address("bots:bot_maintenance", bot.pk), values, follow=True).text

    assert said in page
    assert not Maintenance.objects.exists()


def test_who_may_only_look_plans_and_ends_nothing(auditor_client, bot):
    planned = plan_maintenance(bot, until=database_now() + timedelta(hours=1), by=SYSTEM)

    page = auditor_client.get(address("bots:bot_detail", bot.pk)).text

    assert "End it now" not in page
    assert "Maintenance…" not in page
    for url in ("bots:bot_maintenance", "bots:pool_maintenance"):
        assert auditor_client.post(address(url, bot.pk), {}).status_code in {403, 404}
    assert auditor_client.post(address("bots:maintenance_end", planned.pk)).status_code == 403


def test_a_bot_is_drained_from_the_list(supervisor_client, bot):
    url = address("bots:bot_standing", bot.pk)

    answer = supervisor_client.post(url, {"standing": "draining", "from": "list"})

    assert answer.url == address("bots:bot_list")
    bot.refresh_from_db()
    assert bot.standing == "draining"


def test_a_new_version_is_tried_from_the_page_of_its_automation(designer_client, automation):
    page = address("bot_settings:edit", "automation", automation.pk)
    assert "test.refuses" in designer_client.get(page).text

    said = {"function": "test.refuses", "share": 20, "promote_after": ""}
    designer_client.post(address("bot_settings:canary_begin", automation.pk), said)

    shown = designer_client.get(page).text
    assert "takes 20 % of the runs" in shown
    assert "Both need 10 tries" in shown
    designer_client.post(address("bot_settings:canary_promote", automation.pk))
    assert Canary.objects.get().outcome == "promoted"
    assert "Taken over" in designer_client.get(page).text
    again = designer_client.post(
        address("bot_settings:canary_stop", automation.pk), follow=True
    ).text
    assert "No new version is being tried" in again


@pytest.mark.parametrize(
    "wrong", [{"share": 95}, {"share": ""}, {"function": "no.such"}, {"promote_after": 3}]
)
def test_a_trial_that_makes_no_sense_is_refused(designer_client, automation, wrong):
    said = {"function": "test.refuses", "share": 20, "promote_after": "", **wrong}

    answer = designer_client.post(address("bot_settings:canary_begin", automation.pk), said)

    assert answer.status_code == 302
    assert not Canary.objects.exists()


def test_supervisors_try_no_versions(supervisor_client, automation):
    url = address("bot_settings:canary_begin", automation.pk)

    assert supervisor_client.post(url, {}).status_code == 403
