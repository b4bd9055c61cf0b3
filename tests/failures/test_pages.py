"""The pages of failures: what they show, who may act, and a thousand failures put out."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.roles import Role
from apps.failures import lifecycle
from apps.failures.listing import FailureFilter, top_groups
from apps.failures.models import BusinessRule, FailureGroup, GroupRetry
from apps.lib.clock import database_now
from apps.operations import lifecycle as operations
from apps.queues.models import Ended
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA, make_queue

from .failing import DOWN, WELL, WRONG, end, fail, group, the_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    return make_queue("invoices", folder=folder, max_attempts=1)


def text_of(answer):
    return answer.content.decode()


def clock(moment):
    return f"{moment:%Y-%m-%dT%H:%M}"


def test_a_thousand_failures_of_three_causes_are_put_out_in_two_actions(queue, supervisor_client):
    causes = [
        "The ERP did not answer in {} s",
        "Invoice {} is locked",
        "Field {} of the page is grey",
    ]
    fail(queue, *[{**DOWN, "message": causes[n % 3].format(n + 100)} for n in range(1_000)])
    actions = 0

    page = text_of(supervisor_client.get("/failures/"))
    chosen = checkboxes(page)
    assert len(chosen) == 3
    assert sum(counts(page)) == 1_000
    actions += 1  # the box in the head of the table chooses all three
    answer = press(supervisor_client, page, "retry", chosen)
    actions += 1
    assert answer.status_code == 302

    # bots work, the scheduler and the background worker do what they do
    end(queue, [WELL] * 3)
    follow()
    end(queue, [WELL] * 997)
    follow()

    assert actions <= 5
    assert Ended.objects.filter(status="successful").count() == 1_000
    assert set(FailureGroup.objects.values_list("status", flat=True)) == {"resolved"}
    assert "Nothing is open" in text_of(supervisor_client.get("/failures/"))
    assert sum(counts(text_of(supervisor_client.get("/failures/?state=resolved")))) == 1_000


def follow():
    group()
    lifecycle.follow_retries()
    operations.work()
    lifecycle.follow_retries()


def checkboxes(page):
    return re.findall(r'name="ids" value="(\d+)" form="failures-form"', page)


def counts(page):
    return [int(n.replace(",", "")) for n in re.findall(r'data-label="Ever">([\d,]+)<', page)]


def press(client: Client, page: str, verb: str, ids):
    """Press a button of the bar below the list, as the page has it."""
    form = re.search(r'<form id="failures-form".*?</form>', page, re.DOTALL)[0]
    assert f'name="do" value="{verb}"' in form
    action = re.search(r'action="([^"]+)"', form)[1]
    following = re.search(r'name="next" value="([^"]*)"', form)[1]
    return client.post(action, {"do": verb, "ids": ids, "next": following})


def test_the_list_shows_what_went_wrong_where_how_often_and_with_whom(queue, supervisor_client):
    fail(queue, *[{**DOWN, "error_class": "erp.Timeout"}] * 3, bot="RB-07")
    fail(queue, {**WRONG, "message": "<script>alert(1)</script>"}, bot="RB-07")

    page = text_of(supervisor_client.get("/failures/"))

    assert "The ERP did not answer in 30 s" in page
    assert "System problem · Invoices · Timeout" in page
    assert "only RB-07" not in page  # there is no other
    fail(queue, {**WRONG, "message": "Something else"}, bot="RB-08")
    assert "only RB-07" in text_of(supervisor_client.get("/failures/"))
    assert "<script>alert(1)" not in page
    assert sorted(counts(page)) == [1, 3]


def test_filters_narrow_and_stay(queue, supervisor_client):
    fail(queue, DOWN, WRONG)

    def found(query):
        return len(checkboxes(text_of(supervisor_client.get(f"/failures/?{query}"))))

    assert found("") == 2
    assert found("kind=business_exception") == 1
    assert found("q=ERP") == 1
    assert found("q=%25") == 0
    assert found("state=muted") == 0
    assert found("state=all&since=1h") == 2
    assert found("owner=999999") == 0
    assert found(f"queue={queue.pk}") == 2
    page = text_of(supervisor_client.get("/failures/?kind=business_exception&q=total"))
    answer = press(supervisor_client, page.replace("&amp;", "&"), "mine", checkboxes(page))
    assert answer.url == "/failures/?kind=business_exception&q=total"
    bar = text_of(supervisor_client.get(f"/failures/?state=all&owner=7&queue={queue.pk}"))
    for name, value in (("state", "all"), ("owner", 7), ("queue", queue.pk)):
        assert f'<input type="hidden" name="{name}" value="{value}">' in bar


@pytest.mark.parametrize(
    "query",
    [
        *("state=x", "kind=x", "since=x", "owner=-1", "owner=x", "queue=" + "9" * 40),
        *("after=x", "after=" + "x" * 5_000, "q=" + "x" * 10_000, "q=%00", "q=%ED%A0%80"),
        *("q=" + "%F0%9F%98%80" * 100, "q=" + "%C3%A4" * 300, "q=" + "%26" * 200),
        *("after=WyItbGFzdF9hdCwtaWQiLCJ4IiwxXQ", "a=1&" * 400, "%", "since[]=1h"),
    ],
)
def test_nonsense_in_filters_is_left_out(queue, supervisor_client, query):
    fail(queue, DOWN)
    assert supervisor_client.get(f"/failures/?{query}").status_code == 200
    pk = the_group().pk
    assert supervisor_client.get(f"/failures/{pk}/?{query}").status_code == 200


def test_a_page_goes_on_where_the_one_before_ended(queue, supervisor_client, monkeypatch):
    monkeypatch.setattr("apps.failures.listing.PAGE_SIZE", 2)
    for word in ("one", "two", "three"):
        fail(queue, {**DOWN, "message": f"Nothing but {word}"})
    first = text_of(supervisor_client.get("/failures/"))
    following = re.search(r'href="(/failures/\?after=[^"]+)"', first)[1]
    second = text_of(supervisor_client.get(following.replace("&amp;", "&")))
    assert len(checkboxes(first)) == 2
    assert len(checkboxes(second)) == 1
    assert not set(checkboxes(first)) & set(checkboxes(second))


def test_a_group_shows_its_newest_failure_its_items_and_its_bots(queue, supervisor_client):
    fail(queue, {**DOWN, "detail": "Traceback of it"}, bot="RB-07")
    ids = fail(queue, {**DOWN, "message": "The ERP did not answer in 99 s"}, bot="RB-08")

    page = text_of(supervisor_client.get(f"/failures/{the_group().pk}/"))

    assert "The ERP did not answer in 99 s" in page
    assert f'href="/items/{ids[0]}/"' in page
    assert "RB-07" in page
    assert "the erp did not answer in …" in page
    assert "It failed like this for the first time" in page


def test_what_is_done_on_the_page_of_a_group(queue, supervisor, supervisor_client):
    fail(queue, DOWN)
    base = f"/failures/{the_group().pk}/"

    def do(verb, **said):
        answer = supervisor_client.post(f"{base}{verb}/", said)
        assert answer.status_code == 302, text_of(answer)
        return the_group()

    assert do("assign", owner=supervisor.pk).owner == supervisor
    assert do("mute", until=clock(database_now() + timedelta(days=2)), note="x").status == "muted"
    assert do("unmute").status == "assigned"
    url = "https://wiki.example.com/erp"
    assert do("runbook", runbook_url=url).runbook_url == url
    assert f'href="{url}"' in text_of(supervisor_client.get(base))
    assert do("resolve", note="Fixed").status == "resolved"
    assert do("reopen").status == "assigned"
    assert do("retry").retries.get().status == "trying"
    assert "One item is tried first" in text_of(supervisor_client.get(base))
    assert do("retry/cancel").retries.get().status == "cancelled"


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("mute", {"until": ""}),
        ("mute", {"until": "soon"}),
        ("mute", {"until": "2001-01-01T00:00"}),
        ("mute", {"until": "9999-12-31T23:59"}),
        ("mute", {"until": "2027-01-01T00:00", "note": "x" * 301}),
        ("resolve", {"note": "x" * 301}),
        ("runbook", {"runbook_url": "javascript:alert(1)"}),
        ("runbook", {"runbook_url": "x" * 501}),
        ("assign", {"owner": "nobody"}),
        ("assign", {"owner": "999999"}),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(queue, supervisor_client, verb, said):
    fail(queue, DOWN)
    before = the_group()
    answer = supervisor_client.post(f"/failures/{before.pk}/{verb}/", said)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text_of(answer) or "field-error" in text_of(answer)
    assert the_group().status == before.status == "new"
    assert the_group().runbook_url == ""


def test_what_can_not_be_done_now_is_said(queue, supervisor_client):
    fail(queue, DOWN)
    base = f"/failures/{the_group().pk}/"
    for verb, said in (
        ("unmute", "is not muted"),
        ("reopen", "is not resolved"),
        ("retry/cancel", "is not being retried"),
    ):
        answer = supervisor_client.post(f"{base}{verb}/", follow=True)
        assert answer.status_code == 200
        assert said in text_of(answer)


VERBS = ["retry", "retry/cancel", "assign", "mute", "unmute", "resolve", "reopen", "runbook"]


@pytest.mark.parametrize("verb", [*VERBS, "data-problem", "data-problem/remove"])
@pytest.mark.parametrize("role", [Role.BUSINESS_USER, Role.AUDITOR])
def test_who_may_only_look_changes_nothing(queue, client_of, verb, role):
    fail(queue, DOWN)
    client = client_of(make_person(role=role, folder=queue.folder))
    pk = the_group().pk
    assert client.get(f"/failures/{pk}/").status_code == 200
    assert client.post(f"/failures/{pk}/{verb}/").status_code == 403
    client.post("/failures/do/", {"do": "resolve", "ids": [pk]})
    assert the_group().status == "new"
    assert "failures-form" not in text_of(client.get("/failures/"))


def test_a_rule_of_a_queue_takes_a_designer(queue, supervisor_client, designer_client):
    fail(queue, DOWN)
    page = f"/failures/{the_group().pk}/"
    assert supervisor_client.post(f"{page}data-problem/").status_code == 403
    assert "Make it a data problem" not in text_of(supervisor_client.get(page))

    assert "Make it a data problem" in text_of(designer_client.get(page))
    assert designer_client.post(f"{page}data-problem/").status_code == 302
    assert BusinessRule.objects.count() == 1
    assert "A data problem from now on" in text_of(designer_client.get(page))
    assert designer_client.post(f"{page}data-problem/remove/").status_code == 302
    assert not BusinessRule.objects.exists()


@pytest.mark.parametrize("verb", ["", *(f"{verb}/" for verb in VERBS)])
def test_what_lies_in_another_folder_is_not_there(queue, client_of, verb):
    fail(queue, DOWN)
    stranger = client_of(make_person(folder=make_folder()))
    url = f"/failures/{the_group().pk}/{verb}"
    answer = stranger.post(url) if verb else stranger.get(url)
    assert answer.status_code == 404
    assert checkboxes(text_of(stranger.get("/failures/"))) == []
    stranger.post("/failures/do/", {"do": "retry", "ids": [the_group().pk]})
    assert not GroupRetry.objects.exists()


@pytest.mark.parametrize(
    "said", [{}, {"do": "x"}, {"do": "retry", "ids": "x"}, {"do": "resolve", "ids": "9" * 40}]
)
def test_the_bar_below_the_list_takes_only_what_it_offers(queue, supervisor_client, said):
    fail(queue, DOWN)
    assert supervisor_client.post("/failures/do/", said).status_code in (302, 422)
    assert the_group().status == "new"


def test_the_bar_goes_nowhere_else(queue, supervisor_client):
    fail(queue, DOWN)
    said = {"do": "mine", "ids": [the_group().pk], "next": "https://evil.example/"}
    assert supervisor_client.post("/failures/do/", said).url == "/failures/"


def test_what_is_left_is_said_and_the_others_are_done(queue, supervisor_client):
    fail(queue, DOWN, WRONG)
    first = FailureGroup.objects.earliest("pk")
    lifecycle.retry_group(first.pk, by=ANNA)
    ids = list(FailureGroup.objects.values_list("pk", flat=True))
    answer = supervisor_client.post("/failures/do/", {"do": "retry", "ids": ids}, follow=True)
    assert "1 failure: done." in text_of(answer)
    assert "It is being retried already." in text_of(answer)
    assert GroupRetry.objects.count() == 2


def test_the_top_groups_are_the_first_of_the_list_that_shows_all_of_them(queue):
    fail(queue, DOWN)
    fail(queue, WRONG)
    folders = [queue.folder_id]
    top = top_groups(folders, 1)
    listed = FailureFilter(since="24h")
    assert top == listed.page(folders).items[:1]
    assert listed.count(folders) == 2
    lifecycle.resolve_group(top[0].pk, by=ANNA)
    assert top_groups(folders, 5) == listed.page(folders).items
    assert listed.count(folders) == 1
