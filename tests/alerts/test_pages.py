"""The pages of alerts: what they show, to whom, and what they refuse."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alerts import lifecycle
from apps.alerts.listing import AlertFilter, firing
from apps.alerts.models import Alert, AlertComment, Silence
from apps.lib.clock import database_now
from tests.factories import make_folder, make_person
from tests.factories_alerts import alert_of, look_now, make_alert, make_rule, ready
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def queue(folder):
    return make_queue("invoices", folder=folder, title=f"Invoices {SCRIPT}")


@pytest.fixture
def alert(folder):
    return make_alert(folder, title=f"No orders {SCRIPT}", text="at least one is expected")


def test_the_list_says_what_fires_the_worst_first(supervisor_client, folder, queue):
    make_items(queue)
    make_rule(folder, title="Mild", rule={"all": [ready(queue)]})
    make_rule(folder, title="Bad", rule={"all": [ready(queue)]}, severity="critical")
    look_now()

    text = text_of(supervisor_client.get("/alerts/"))

    assert text.index(">Bad<") < text.index(">Mild<")
    assert "Acknowledge Bad" in text
    assert "in “invoices”: 1" in text


def test_what_people_wrote_is_escaped(supervisor_client, alert):
    lifecycle.comment(alert, SCRIPT, by=ANNA)

    for address in ("/alerts/", f"/alerts/{alert.pk}/", "/alerts/noise/"):
        answer = supervisor_client.get(address)
        assert answer.status_code == 200
        assert SCRIPT not in text_of(answer)


def test_the_count_of_a_tab_is_that_of_its_list(supervisor_client, folder):
    made = [make_alert(folder) for _n in range(5)]
    lifecycle.acknowledge(made[0], by=ANNA)
    lifecycle.resolve(made[1], by=ANNA)
    folders = {folder.pk}

    tabs = AlertFilter().tabs(folders)

    assert [tab["count"] for tab in tabs] == [3, 1, None]
    assert AlertFilter().count(folders) == 3 == len(firing(folders, limit=10))
    assert len(AlertFilter(tab="recent").page(folders).items) == 1


@pytest.mark.parametrize(
    "query",
    [
        "tab=nonsense", "severity=awful", "rule=x", "rule=99999999999999999999", "cursor=x",
        "cursor=WyJhIl0", "q=%00", "q=" + "x" * 10_000, "tab=recent&cursor=eyJ4Ijo", "rule=-1",
        "tab=taken&severity=info&q=a&rule=3",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_fault_of_ours(supervisor_client, alert, query):
    assert supervisor_client.get(f"/alerts/?{query}").status_code == 200


def test_a_long_list_goes_on_on_the_next_page(supervisor_client, folder, monkeypatch):
    monkeypatch.setattr("apps.alerts.listing.PAGE_SIZE", 2)
    titles = {f"Alert {n}" for n in range(5)}
    for title in titles:
        make_alert(folder, title=title, severity="critical" if title == "Alert 3" else "warning")
    seen, query = [], ""
    while query is not None:
        page = AlertFilter.parse(query).page({folder.pk})
        seen += [each.title for each in page.items]
        query = f"cursor={page.next_cursor}" if page.next_cursor else None

    assert seen[0] == "Alert 3"
    assert (len(seen), set(seen)) == (5, titles)


def test_alerts_of_other_folders_are_not_there(supervisor_client, client_of):
    strange = make_alert(make_folder(), title="Strange")

    assert "Strange" not in text_of(supervisor_client.get("/alerts/"))
    for verb in ("", "acknowledge/", "snooze/", "resolve/", "assign/", "comment/"):
        method = supervisor_client.post if verb else supervisor_client.get
        assert method(f"/alerts/{strange.pk}/{verb}").status_code == 404
    rule = make_rule()
    for verb in ("", "edit/"):
        assert supervisor_client.get(f"/alerts/rules/{rule.pk}/{verb}").status_code == 404


def test_acknowledging_in_the_list_shows_it_as_it_is_now(supervisor_client, alert):
    answer = supervisor_client.post(
        f"/alerts/{alert.pk}/acknowledge/?list=", headers={"hx-request": "true"}
    )

    text = text_of(answer)
    assert "Nothing fires" in text
    assert "is acknowledged" in text
    again = supervisor_client.post(
        f"/alerts/{alert.pk}/acknowledge/?list=", headers={"hx-request": "true"}
    )
    assert "has acknowledged it already" in text_of(again)


def test_without_scripts_one_comes_back_to_the_list_as_it_was(supervisor_client, alert):
    address = f"/alerts/{alert.pk}/snooze/?list=severity%3Dwarning"

    answer = supervisor_client.post(address)

    assert answer.headers["Location"] == "/alerts/?severity=warning"
    found = Alert.objects.get()
    assert timedelta(minutes=59) < found.snoozed_until - database_now() < timedelta(minutes=61)


@pytest.mark.parametrize("until", ["", "soon", "2026-99-99T00:00", "1999-01-01T00:00", "x" * 500])
def test_a_snooze_without_a_time_ahead_is_refused_in_words(supervisor_client, alert, until):
    answer = supervisor_client.post(f"/alerts/{alert.pk}/snooze/", {"until": until}, follow=True)

    assert answer.status_code == 200
    assert Alert.objects.get().status == "firing"


def test_it_is_handed_over_and_talked_about(supervisor_client, alert, folder, supervisor):
    supervisor_client.post(f"/alerts/{alert.pk}/assign/", {"owner": supervisor.pk, "team": ""})
    supervisor_client.post(f"/alerts/{alert.pk}/comment/", {"text": "On it"})

    text = text_of(supervisor_client.get(f"/alerts/{alert.pk}/"))

    assert Alert.objects.get().owner == supervisor
    assert "On it" in text
    assert supervisor_client.post(f"/alerts/{alert.pk}/comment/", {"text": ""}).status_code == 422
    wrong = {"owner": "99999999999999999999", "team": "x"}
    supervisor_client.post(f"/alerts/{alert.pk}/assign/", wrong)
    assert Alert.objects.get().owner == supervisor


def test_who_may_only_look_finds_no_buttons_and_can_do_nothing(business_client, alert):
    text = text_of(business_client.get(f"/alerts/{alert.pk}/"))

    assert "Acknowledge" not in text
    for verb in ("acknowledge", "snooze", "resolve", "assign", "comment"):
        assert business_client.post(f"/alerts/{alert.pk}/{verb}/").status_code == 403
    assert Alert.objects.get().status == "firing"
    assert not AlertComment.objects.exists()


def test_an_alert_shows_what_was_and_what_is(supervisor_client, folder, queue):
    rule = make_rule(folder, rule={"all": [ready(queue)]})
    make_items(queue, 3)
    look_now()
    lifecycle.tell_due()
    make_items(queue, 1)

    text = text_of(supervisor_client.get(f"/alerts/{alert_of(rule).pk}/"))

    assert "was 3 · now 4" in text
    assert "Supervisor" in text


def test_a_silence_is_made_and_ended(supervisor_client, folder):
    rule = make_rule(folder, title="Backlog")
    ends = timezone.localtime(database_now() + timedelta(hours=3))
    sent = {"rule": rule.pk, "starts_at": "", "ends_at": f"{ends:%Y-%m-%dT%H:%M}", "reason": "SAP"}

    answer = supervisor_client.post("/alerts/silences/", sent, follow=True)

    silence = Silence.objects.get()
    assert silence.rule == rule
    assert "SAP" in text_of(answer)
    supervisor_client.post(f"/alerts/silences/{silence.pk}/end/")
    assert not Silence.objects.now().exists()


@pytest.mark.parametrize(
    "wrong",
    [{"ends_at": ""}, {"ends_at": "soon"}, {"ends_at": "2020-01-01T00:00"}, {"reason": ""},
     {"rule": "99999999999999999999"}, {"ends_at": "9999-12-31T23:59"}, {"starts_at": "x"}],
)  # fmt: skip
def test_a_silence_that_makes_no_sense_is_refused(supervisor_client, folder, wrong):
    ends = timezone.localtime(database_now() + timedelta(hours=3))
    sent = {"rule": "", "ends_at": f"{ends:%Y-%m-%dT%H:%M}", "reason": "SAP", **wrong}

    assert supervisor_client.post("/alerts/silences/", sent).status_code == 422
    assert not Silence.objects.exists()


def test_who_may_only_look_silences_nothing(business_client, client_of, folder):
    assert business_client.get("/alerts/silences/").status_code == 200
    assert business_client.post("/alerts/silences/", {}).status_code == 403
    silence = Silence.objects.create(
        folder=folder, reason="A", starts_at=database_now(),
        ends_at=database_now() + timedelta(hours=1),
    )  # fmt: skip
    assert business_client.post(f"/alerts/silences/{silence.pk}/end/").status_code == 403
    stranger = client_of(make_person())
    assert stranger.post(f"/alerts/silences/{silence.pk}/end/").status_code == 404


def test_noise_says_what_nobody_cared_for(supervisor_client, folder, queue):
    rule = make_rule(folder, title="Flaps", rule={"all": [ready(queue)]})
    now = database_now()
    for n in range(6):
        make_alert(
            folder, source="rule", source_key=f"rule:{rule.pk}", rule=rule, title="Flaps",
            status="resolved", resolved_at=now, end="cleared",
            fired_at=now - timedelta(seconds=30),
            acknowledged_at=now if n == 0 else None,
        )  # fmt: skip

    text = text_of(supervisor_client.get("/alerts/noise/"))

    assert "83%" in text
    assert "have it hold for longer first" in text


def test_the_list_says_when_nobody_watches(supervisor_client, folder):
    assert "The rules have never been looked at" in text_of(supervisor_client.get("/alerts/"))

    look_now()

    assert "Nobody is watching" not in text_of(supervisor_client.get("/alerts/"))
