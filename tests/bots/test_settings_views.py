"""Settings of bots, pools and automations."""

import pytest
from django.urls import reverse

from apps.bots.models import Automation, Bot, BotPool
from apps.bots.releases import default_pool
from apps.events.models import Event
from tests.bots.rows import make_automation, make_bot
from tests.factories import make_folder

pytestmark = pytest.mark.django_db

POOL = {"min_slots": 0, "scale_down_seconds": 300}


@pytest.fixture
def bot(folder):
    return make_bot(folder)


def edit(kind, found):
    return reverse("bot_settings:edit", args=[kind, found.pk])


def create(kind):
    return reverse("bot_settings:create", args=[kind])


def test_all_are_listed(admin_client, folder, bot):
    automation = make_automation(folder)

    page = admin_client.get(reverse("bot_settings:list")).text

    assert all(name in page for name in ("robbie", "default", automation.title))


def test_a_pool_and_a_bot_are_made(admin_client, folder):
    admin_client.post(create("pool"), {**POOL, "key": "night", "title": "Night shift"})
    pool = BotPool.objects.get(key="night")
    admin_client.post(create("bot"), {"name": "marvin", "pool": pool.pk, "n_slots": 3})

    assert Bot.objects.get(name="marvin").pool == pool
    assert Event.objects.filter(kind__in=["bot.created", "bot_pool.created"]).count() == 2


def test_a_save_shows_before_and_after(admin_client, folder, bot):
    other = BotPool.objects.create(folder=folder, key="night", title="Night shift")

    page = admin_client.post(
        edit("bot", bot), {"name": "robbie", "pool": other.pk, "n_slots": 4}, follow=True
    ).text

    assert "<del>Bots</del>" in page
    assert "<ins>Night shift</ins>" in page
    assert "<ins>4</ins>" in page


def test_names_are_given_once_in_a_folder(admin_client, folder, bot):
    pool = default_pool(folder)

    answer = admin_client.post(create("bot"), {"name": "robbie", "pool": pool.pk, "n_slots": 1})

    assert answer.status_code == 422
    assert "There is one with this name" in answer.text


@pytest.mark.parametrize("wrong", [
    {"n_slots": "0"}, {"n_slots": "many"}, {"name": ""}, {"name": "a\x00"}, {"pool": "99999"},
])  # fmt: skip
def test_what_makes_no_sense_is_refused(admin_client, folder, bot, wrong):
    said = {"name": "robbie", "pool": bot.pool_id, "n_slots": 2, **wrong}

    assert admin_client.post(edit("bot", bot), said).status_code == 422


def test_a_pool_of_another_folder_cannot_be_chosen(admin_client, bot):
    elsewhere = default_pool(make_folder())

    answer = admin_client.post(edit("bot", bot), {"name": "x", "pool": elsewhere.pk, "n_slots": 1})

    assert answer.status_code == 422


def test_designers_set_automations_but_not_bots(designer_client, folder, bot):
    automation = make_automation(folder)
    said = {
        "title": "Patient", "pool": bot.pool_id, "priority": 50, "max_run_seconds": 60,
        "max_item_seconds": 30,
        "grace_seconds": 5,
    }  # fmt: skip

    page = designer_client.get(reverse("bot_settings:list")).text
    designer_client.post(edit("automation", automation), said)

    assert automation.title in page
    assert "robbie" not in page
    automation.refresh_from_db()
    assert (automation.title, automation.max_item_seconds) == ("Patient", 30)
    assert designer_client.get(edit("bot", bot)).status_code == 404
    assert designer_client.get(create("bot")).status_code == 403


def test_an_item_may_not_take_as_long_as_its_run(admin_client, folder, bot):
    automation = make_automation(folder)
    said = {
        "title": "Patient", "pool": bot.pool_id, "priority": 50, "max_run_seconds": 60,
        "max_item_seconds": 60,
        "grace_seconds": 5,
    }  # fmt: skip

    answer = admin_client.post(edit("automation", automation), said)

    assert answer.status_code == 422
    assert "less time than the whole run" in answer.text


def test_automations_come_from_code(admin_client):
    assert admin_client.get(create("automation")).status_code == 404
    assert not Automation.objects.exists()


@pytest.mark.parametrize("role", ["business_client", "supervisor_client"])
def test_others_may_not(request, bot, role):
    client = request.getfixturevalue(role)

    assert client.get(reverse("bot_settings:list")).status_code == 403
    assert client.get(create("pool")).status_code == 403
    assert client.post(edit("bot", bot), {"name": "x"}).status_code == 404


def test_auditors_read_all_and_change_nothing(auditor_client, folder, bot):
    automation = make_automation(folder)

    page = auditor_client.get(reverse("bot_settings:list")).text

    assert all(name in page for name in ("robbie", "default", automation.title))
    assert create("bot") not in page
    assert create("pool") not in page
    for address in (edit("bot", bot), edit("pool", bot.pool), edit("automation", automation)):
        form = auditor_client.get(address)
        assert all(field.disabled for field in form.context["form"].fields.values())
        assert "Save</button>" not in form.text
        assert auditor_client.post(address, {"name": "x"}).status_code == 403
    assert auditor_client.get(create("bot")).status_code == 403


def test_other_folders_and_kinds_do_not_exist(admin_client):
    elsewhere = make_bot(make_folder(), "stranger")

    assert admin_client.get(edit("bot", elsewhere)).status_code == 404
    assert admin_client.get(create("spaceship")).status_code == 404
    assert "stranger" not in admin_client.get(reverse("bot_settings:list")).text


def test_other_methods_are_refused(admin_client, bot):
    assert admin_client.delete(edit("bot", bot)).status_code == 405
    assert admin_client.post(reverse("bot_settings:list")).status_code == 405
