"""The list, one trigger and the week: what they show, and to whom."""

import re
from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.events import fragments
from apps.lib.clock import database_now
from apps.triggers.lifecycle import fire_due, fire_now, pause_folder, pause_trigger, save_trigger
from apps.triggers.models import Firing, FolderPause, Trigger
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import due_trigger, every, make_trigger

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
DAILY = {
    "type": "recurring", "freq": "daily", "times": ["07:30", "13:00"], "zone": "Asia/Tokyo",
}  # fmt: skip


def text_of(answer):
    return answer.content.decode()


def test_the_list_says_what_starts_when_and_how_the_last_one_ended(supervisor_client, folder):
    queue = make_queue("reports", folder=folder, title=f"Reports {SCRIPT}")
    target = {"type": "items", "queue": queue.key, "items": [{"payload": {}}]}
    due_trigger(folder, "hourly", title="Hourly", target=target)
    make_trigger(folder, "daily", title="Daily", rule=DAILY)
    fire_due()

    text = text_of(supervisor_client.get("/triggers/"))

    assert "Items: Reports &lt;script&gt;" in text
    assert SCRIPT not in text
    assert "At 07:30 and 13:00" in text
    assert "Asia/Tokyo" in text
    assert " JST" in text
    assert "Started" in text
    assert "Pause Hourly" in text


def test_the_list_is_narrowed_by_state_and_by_words(supervisor_client, folder):
    make_trigger(folder, "hourly", title="Hourly")
    paused = make_trigger(folder, "weekly", title="Weekly")
    pause_trigger(paused, by=ANNA)

    of_paused = text_of(supervisor_client.get("/triggers/?status=paused"))
    by_words = text_of(supervisor_client.get("/triggers/?q=HOUR"))
    none = text_of(supervisor_client.get("/triggers/?q=nothing&status=nonsense&cursor=x"))

    assert ("Weekly" in of_paused, ">Hourly<" in of_paused) == (True, False)
    assert (">Weekly<" in by_words, "Hourly" in by_words) == (False, True)
    assert "No triggers match" in none


def test_a_long_list_goes_on_on_the_next_page(supervisor_client, folder, monkeypatch):
    monkeypatch.setattr("apps.triggers.listing.PAGE_SIZE", 2)
    target = make_trigger(folder, "t-0", title="T 0").target
    for n in range(1, 3):
        make_trigger(folder, f"t-{n}", title=f"T {n}", target=target)

    first = supervisor_client.get("/triggers/")
    following = text_of(first).split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text_of(supervisor_client.get(following))

    assert "T 2" not in text_of(first)
    assert "T 2" in second
    assert "T 0" not in second


def test_the_cost_of_the_list_does_not_grow_with_it(
    supervisor_client, folder, django_assert_max_num_queries
):
    target = make_trigger(folder).target
    for _n in range(8):
        fire_now(make_trigger(folder, target=target), by=ANNA)

    with django_assert_max_num_queries(25):
        supervisor_client.get("/triggers/")


def test_who_may_not_operate_gets_no_switch(client_of, business_user, auditor, folder):
    trigger = make_trigger(folder, title="Hourly")

    for person in (business_user, auditor):
        client = client_of(person)
        assert "Pause Hourly" not in text_of(client.get("/triggers/"))
        page = text_of(client.get(f"/triggers/{trigger.pk}/"))
        assert "/fire/" not in page
        assert "Roll back to this" not in page


def test_the_page_says_what_it_hands_over_and_when_it_starts_next(designer_client, folder):
    trigger = make_trigger(folder, "daily", title="Daily", rule=DAILY, description="For Tokyo")

    text = text_of(designer_client.get(f"/triggers/{trigger.pk}/"))

    assert "At 07:30 and 13:00" in text
    assert "about 2 starts a day" in text
    assert text.count("planned-when") == 10
    assert "for you" in text  # Tokyo is not where this reader is
    assert "The data it hands over" in text
    assert "Leave this start out" in text


def test_the_start_log_says_what_came_of_each_time(designer_client, folder):
    trigger = due_trigger(folder, "hourly")
    fire_due()
    by_hand = fire_now(trigger, by=ANNA)
    Firing.objects.create(
        trigger=trigger,
        planned_at=database_now() - timedelta(days=2),
        outcome="skipped",
        reason="overlap",
        message=SCRIPT,
    )

    text = text_of(designer_client.get(f"/triggers/{trigger.pk}/"))
    skipped = text_of(designer_client.get(f"/triggers/{trigger.pk}/?outcome=skipped"))
    missed = text_of(designer_client.get(f"/triggers/{trigger.pk}/?outcome=missed"))

    assert f"/items/{by_hand.subject_id}/" in text
    assert "by Anna" in text
    assert "The one before was still under way: &lt;script&gt;" in skipped
    assert "/items/" not in skipped.split('id="start-log"')[1].split("</section>")[0]
    assert "None of these" in missed


def test_versions_say_what_each_changed(designer_client, folder):
    trigger = make_trigger(folder, "hourly", title="First title")
    save_trigger(folder, "hourly", {"title": "Second title", "overlap": "allow"}, by=ANNA)

    text = text_of(designer_client.get(f"/triggers/{trigger.pk}/"))

    assert "2 changes" in text
    assert "<del>First title</del>" in text
    assert "Start beside it" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"status": "paused", "reason": "Inventory"}, ["Paused", "Inventory"]),
        ({"status": "auto_disabled", "reason": "3 starts failed"}, ["switched off", "3 starts"]),
        ({"status": "ended"}, ["Over", "No time is left"]),
        ({"rule": {"type": "cron", "cron": "x", "zone": "Nowhere/Land"}}, ["is no time zone"]),
    ],
    ids=["paused", "switched off", "over", "broken"],
)
def test_every_state_can_be_looked_at(designer_client, folder, values, said):
    trigger = make_trigger(folder)
    Trigger.objects.filter(pk=trigger.pk).update(**values)

    for address in ("/triggers/", "/triggers/week/", f"/triggers/{trigger.pk}/edit/"):
        assert designer_client.get(address).status_code == 200
    text = text_of(designer_client.get(f"/triggers/{trigger.pk}/"))

    for words in said:
        assert words in text


def test_a_pause_of_the_folder_stands_over_the_list(supervisor_client, folder):
    make_trigger(folder)
    pause_trigger(make_trigger(folder, "other", title="Other"), by=ANNA)
    until = database_now() + timedelta(hours=3)
    pause_folder(folder, until=until, by=ANNA, reason="Month end")

    text = text_of(supervisor_client.get("/triggers/"))

    assert "are paused by Anna" in text
    assert "Month end" in text
    assert "Folder paused" in text
    assert "is-left-out" in text
    assert "left out" in text
    # one that is paused itself has no next start to leave out
    assert text.count('class="planned-when"') == 1
    assert FolderPause.objects.get().reason == "Month end"


def test_the_week_shows_each_start_and_names_what_starts_all_the_time(
    supervisor, supervisor_client, folder
):
    User.objects.filter(pk=supervisor.pk).update(time_zone="Europe/Berlin")
    target = make_trigger(folder, "often", title="Often", rule=every(900)).target
    make_trigger(folder, "daily", title="Morning", rule=DAILY, target=target)

    week = text_of(supervisor_client.get("/triggers/week/?from=2027-06-09"))
    wrong = supervisor_client.get("/triggers/week/?from=someday")

    assert "7 Jun" in week
    assert "13 Jun 2027" in week
    assert week.count(">Morning<") == 14
    assert "00:30" in week  # 07:30 in Tokyo
    assert "96 a day" in week
    assert wrong.status_code == 200


def test_the_week_in_which_the_clocks_change_says_so(supervisor, supervisor_client, folder):
    User.objects.filter(pk=supervisor.pk).update(time_zone="Europe/Berlin")
    make_trigger(folder, rule={**DAILY, "times": ["02:30"], "zone": "Europe/Berlin"})

    week = text_of(supervisor_client.get("/triggers/week/?from=2027-03-28"))

    assert "The clocks change" in week
    assert "03:00" in week


@pytest.mark.parametrize("query", ["", "?outcome=fired"])
def test_the_start_log_hears_of_its_trigger_however_it_is_filtered(
    supervisor_client, folder, query
):
    trigger = make_trigger(folder)

    text = text_of(supervisor_client.get(f"/triggers/{trigger.pk}/{query}"))

    live = re.search(r'data-live="(trigger\.log:[^"]*)"', text)
    assert live
    log, arg = fragments.find(live[1])
    assert log.topics_of(arg) == (f"trigger:{trigger.pk}",)
