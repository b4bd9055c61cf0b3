"""The fleet and one bot: who answers, what they do, and who may stop them."""

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from apps.bots.models import Bot, BotSlot
from apps.lib.clock import seconds_from_now
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def bot(folder):
    return make_bot(folder)


def page_of(bot):
    return reverse("bots:bot_detail", args=[bot.pk])


def silence(bot):
    long_ago = seconds_from_now(-3600)
    BotSlot.objects.filter(bot=bot).update(heartbeat_at=long_ago)
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=long_ago)


def test_the_fleet_shows_each_bot_its_slots_and_what_they_do(supervisor_client, folder, bot):
    run = make_run(make_automation(folder), bot)

    page = supervisor_client.get("/bots/").text

    assert "robbie" in page
    assert "Busy" in page
    assert reverse("runs:run_detail", args=[run.pk]) in page
    assert "1 of 2 slots at work" in page
    assert "Free" in page


def test_an_empty_fleet_says_how_to_start_a_bot(supervisor_client):
    assert "manage.py bot" in supervisor_client.get("/bots/").text


def test_who_does_not_answer_is_offline(supervisor_client, bot):
    silence(bot)

    page = supervisor_client.get("/bots/").text

    assert "Offline" in page
    assert "Does not answer" in page
    assert "is-loud tone-failed" in page


def test_the_fleet_costs_the_same_for_many_bots(
    supervisor_client, folder, django_assert_max_num_queries
):
    for number in range(15):
        make_bot(folder, f"bot-{number}")

    with django_assert_max_num_queries(25):
        supervisor_client.get("/bots/")


def test_bots_of_other_folders_do_not_exist(supervisor_client):
    elsewhere = make_bot(make_folder(), "stranger")

    assert "stranger" not in supervisor_client.get("/bots/").text
    assert supervisor_client.get(page_of(elsewhere)).status_code == 404
    address = reverse("bots:bot_standing", args=[elsewhere.pk])
    assert supervisor_client.post(address, {"standing": "disabled"}).status_code == 404


def test_nobody_sees_anything_without_signing_in(bot):
    for address in ("/bots/", page_of(bot)):
        assert "/sign-in/" in Client().get(address)["Location"]


def test_other_methods_are_refused(supervisor_client, bot):
    assert supervisor_client.post("/bots/").status_code == 405
    assert supervisor_client.delete(page_of(bot)).status_code == 405
    assert supervisor_client.get(reverse("bots:bot_standing", args=[bot.pk])).status_code == 405


@pytest.mark.parametrize(("standing", "word"), [
    ("draining", "Finish, then stop"), ("disabled", "Disabled"), ("enabled", "Idle"),
])  # fmt: skip
def test_a_bot_is_told_to_stop_or_go_on(supervisor_client, bot, standing, word):
    supervisor_client.post(reverse("bots:bot_standing", args=[bot.pk]), {"standing": standing})

    bot.refresh_from_db()
    assert bot.standing == standing
    assert word in supervisor_client.get(page_of(bot)).text


def test_a_word_that_is_no_standing_changes_nothing(supervisor_client, bot):
    address = reverse("bots:bot_standing", args=[bot.pk])

    answer = supervisor_client.post(address, {"standing": "exploded"}, follow=True)

    bot.refresh_from_db()
    assert bot.standing == Bot.Standing.ENABLED
    assert "A bot is enabled, finishing, or disabled." in answer.text


@pytest.mark.parametrize("role", ["auditor_client", "business_client"])
def test_who_may_not_operate_is_refused(request, bot, role):
    client = request.getfixturevalue(role)

    address = reverse("bots:bot_standing", args=[bot.pk])
    assert address not in client.get(page_of(bot)).text
    assert client.post(address, {"standing": "disabled"}).status_code == 403


def test_names_and_reasons_stay_text(supervisor_client, folder):
    bot = make_bot(folder, SCRIPT)
    Bot.objects.filter(pk=bot.pk).update(host=SCRIPT, version=SCRIPT[:20], heartbeat_at=Now())

    for address in ("/bots/", page_of(bot)):
        assert SCRIPT not in supervisor_client.get(address).text
