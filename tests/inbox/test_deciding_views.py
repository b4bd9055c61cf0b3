"""Deciding in the browser, without one: what is taken, what comes back, and what comes next."""

import re

import pytest

from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.lifecycle import Answer
from apps.inbox.models import UserTask
from apps.queues import lifecycle as items
from apps.queues.models import WorkItem
from tests.inbox.pages import HTMX, form_of, text_of, url
from tests.inbox.rows import PAYLOAD, make_task

pytestmark = pytest.mark.django_db


def test_a_corrected_value_sends_the_item_on_and_opens_the_next_task(business_client, queue):
    task, following = make_task(queue, reference="A"), make_task(queue, reference="B")
    sent = form_of(task, decision="correct", **{"v/total": "110.00"})

    answer = business_client.post(url(task, "decide"), sent, headers=HTMX)

    assert answer.status_code == 200
    assert answer["HX-Push-Url"] == url(following)
    page = text_of(answer)
    assert f'data-task="{following.pk}"' in page
    assert "data-focus" in page
    assert "Invoice A: Correct and continue." in page
    item = WorkItem.objects.with_status().get(pk=task.item_id)
    assert item.payload == {**PAYLOAD, "total": "110.00"}
    assert item.status == "new"


def test_without_htmx_a_decision_leads_to_the_next_page(business_client, queue):
    task, following = make_task(queue, reference="A"), make_task(queue, reference="B")
    sent = form_of(task, decision="correct")

    answer = business_client.post(f"{url(task, 'decide')}?queue={queue.pk}", sent, follow=True)

    assert answer.redirect_chain == [(f"{url(following)}?queue={queue.pk}", 302)]
    assert "Correct and continue." in text_of(answer)


def test_after_the_last_task_the_inbox_is_empty(business_client, task):
    answer = business_client.post(
        url(task, "decide"), form_of(task, decision="correct"), headers=HTMX
    )

    assert answer["HX-Push-Url"] == "/inbox/"
    assert "Nothing waits for you" in text_of(answer)


def test_the_next_task_is_none_that_somebody_else_has_in_hands(business_client, supervisor, queue):
    task, taken, free = (make_task(queue, reference=name) for name in "ABC")
    lifecycle.touch_task(taken, by=supervisor.actor)

    answer = business_client.post(
        url(task, "decide"), form_of(task, decision="correct"), headers=HTMX
    )

    assert answer["HX-Push-Url"] == url(free)


def test_a_wrong_value_comes_back_with_what_was_typed_and_where_it_is_wrong(business_client, task):
    sent = form_of(task, decision="correct", **{"v/total": "much", "v/lines/1/net": ""})

    answer = business_client.post(url(task, "decide"), sent, headers=HTMX)

    assert answer.status_code == 422
    page = text_of(answer)
    assert 'value="much"' in page
    assert 'href="#f-v/total"' in page
    assert 'aria-describedby="f-v/total_error"' in page
    assert 'id="f-v/total_error"' in page
    assert "Net is missing." in page
    assert UserTask.objects.open().count() == 1


@pytest.mark.parametrize(
    ("decision", "field", "words"),
    [
        ("leave_out", "reason:leave_out", "Say why"),
        ("reject", "reason:reject", "Say why"),
        ("done_by_hand", "reference:done_by_hand", "number or name"),
    ],
)
def test_a_decision_asks_in_place_for_what_it_needs(business_client, task, decision, field, words):
    sent = form_of(task, decision=decision, **{"v/vendor": "Typed"})
    refused = business_client.post(url(task, "decide"), sent, headers=HTMX)
    page = text_of(refused)

    accepted = business_client.post(url(task, "decide"), sent | {field: "FI-1"}, headers=HTMX)

    assert refused.status_code == 422
    assert words in page
    assert 'value="Typed"' in page
    assert re.search(r'<details class="ask[^"]*" name="ask" open>', page)
    assert accepted.status_code == 200
    assert not UserTask.objects.open().exists()


def test_a_decision_that_is_not_offered_is_refused(business_client, task):
    answer = business_client.post(
        url(task, "decide"), form_of(task, decision="explode"), headers=HTMX
    )

    assert answer.status_code == 422
    assert "does not offer" in text_of(answer)


def test_whoever_is_second_sees_who_was_first_and_what_they_had_typed(
    business_client, supervisor, task
):
    said = Answer(decision="reject", version=1, reason="no")
    lifecycle.decide(task, said, by=supervisor.actor)
    sent = form_of(task, decision="correct", **{"v/vendor": "My own words"})

    by_htmx = business_client.post(url(task, "decide"), sent, headers=HTMX)
    plain = business_client.post(url(task, "decide"), sent)

    for answer in (by_htmx, plain):
        page = text_of(answer)
        assert answer.status_code == 409
        assert f"{supervisor.name} decided this at" in page
        assert "Reject" in page
        assert "My own words" in page


def test_data_changed_meanwhile_is_shown_and_the_own_change_laid_over_it(
    business_client, supervisor, task
):
    changed = {**PAYLOAD, "vendor": "Stark Ltd", "number": "4712"}
    items.edit_item(task.item_id, version=1, by=supervisor.actor, payload=changed)
    deliver_outbox()
    sent = form_of(task, decision="correct", **{"v/total": "110.00"})

    answer = business_client.post(url(task, "decide"), sent, headers=HTMX)

    page = text_of(answer)
    assert answer.status_code == 409
    assert "<del>Stark</del>" in page
    assert "<ins>Stark Ltd</ins>" in page
    assert 'value="110.00"' in page
    assert 'value="4712"' in page
    assert 'name="version" value="2"' in page


def test_the_same_form_sent_twice_is_one_decision(business_client, task):
    sent = form_of(task, decision="correct")

    statuses = [business_client.post(url(task, "decide"), sent).status_code for _ in range(2)]

    assert statuses == [302, 302]
    assert Event.objects.filter(kind="user_task.completed").count() == 1


def test_a_version_that_is_no_number_is_a_conflict_not_a_crash(business_client, task):
    for version in ("", "x", "-1", "9" * 30):
        sent = form_of(task, decision="correct", version=version)
        assert business_client.post(url(task, "decide"), sent, headers=HTMX).status_code == 409


def test_a_closed_task_shows_what_was_decided(business_client, supervisor, task):
    payload = {**PAYLOAD, "vendor": "Stark Ltd"}
    said = Answer(decision="correct", version=1, payload=payload)
    lifecycle.decide(task, said, by=supervisor.actor)

    page = text_of(business_client.get(url(task)))

    assert f"{supervisor.name} decided this at" in page
    assert "<ins>Stark Ltd</ins>" in page
    assert 'value="Stark Ltd"' in page
    assert "decision-bar" not in page
