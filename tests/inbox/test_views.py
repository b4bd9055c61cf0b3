"""The inbox in the browser, without one: what pages show, take and refuse."""

import re

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from apps.accounts.models import Folder
from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.lifecycle import Answer
from apps.inbox.models import Comment, Draft, UserTask
from apps.queues import lifecycle as items
from apps.queues.files import attach
from apps.queues.models import WorkItem
from tests.inbox.rows import BOT, PAYLOAD, make_queue, make_task

pytestmark = pytest.mark.django_db

XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def url(task, verb="task", **query):
    return reverse(f"inbox:{verb}", args=[task.pk])


def form_of(task, **changes):
    """What a browser sends for the task's form."""
    sent = {
        "version": str(task.version),
        "v/number": "4711",
        "v/vendor": "Stark",
        "v/total": "100.00",
        "v/due": "",
        "v/lines/:rows": ["", "0", "1"],
        "v/lines/0/text": "Chairs",
        "v/lines/0/net": "60.00",
        "v/lines/1/text": "Desks",
        "v/lines/1/net": "50.00",
    }
    return sent | changes


def text_of(response):
    return response.content.decode()


# ---- pages


def test_the_inbox_lists_the_most_urgent_first_and_opens_it(business_client, queue):
    later = make_task(queue, reference="later")
    urgent = make_task(queue, reference="urgent")
    UserTask.objects.filter(pk=urgent.pk).update(due_at="2026-01-01T00:00Z")

    page = text_of(business_client.get("/inbox/"))

    assert page.index(f'id="t-{urgent.pk}"') < page.index(f'id="t-{later.pk}"')
    assert f'data-task="{urgent.pk}"' in page
    assert "The lines add up to 110.00, not 100.00." in page


def test_a_task_opens_by_its_address_as_a_page_and_by_htmx_as_a_pane(business_client, task):
    whole = business_client.get(url(task))
    pane = business_client.get(url(task), headers=HTMX)

    assert text_of(whole).lstrip().startswith("<!doctype html>")
    assert text_of(pane).lstrip().startswith('<article id="task"')
    assert "HX-Request" in whole["Vary"]
    assert "no-store" in whole["Cache-Control"]
    assert 'data-open="task"' in text_of(whole)


def test_the_field_that_the_bot_named_stands_first_and_is_marked(business_client, task):
    page = text_of(business_client.get(url(task)))

    assert page.index('name="v/total"') < page.index('name="v/number"')
    assert "The bot stopped at this value." in page
    assert "To “Total”" in page


def test_lists_are_narrowed_by_tab_queue_kind_and_text(business_client, business_user, folder):
    invoices, letters = make_queue(folder), make_queue(folder, "letters")
    mine, other = make_task(invoices, reference="R1"), make_task(letters, reference="R2")
    lifecycle.claim_task(mine, by=business_user.actor)

    def ids(query):
        page = text_of(business_client.get(f"/inbox/?{query}"))
        return set(map(int, re.findall(r'id="t-(\d+)"', page)))

    assert ids("") == {mine.pk, other.pk}
    assert ids("tab=mine") == {mine.pk}
    assert ids(f"queue={letters.pk}") == {other.pk}
    assert ids("kind=system_problem") == set()
    assert ids("q=R2") == ids("q=r2") == {other.pk}
    assert ids("q=INES+add") == {mine.pk, other.pk}
    assert ids(f"q=%23{mine.item_id}") == {mine.pk}
    assert ids("tab=decided") == set()
    assert ids("tab=nonsense&queue=x&kind=y&after=zzz") == {mine.pk, other.pk}


def test_a_long_list_has_pages(business_client, queue):
    first = make_task(queue)
    values = [
        {field.attname: getattr(first, field.attname) for field in first._meta.concrete_fields}
        for _n in range(55)
    ]
    for one in values:
        one.pop("id"), one.pop("urgent_at"), one.update(item_id=None)
    UserTask.objects.bulk_create([UserTask(**one) for one in values])

    page = text_of(business_client.get("/inbox/"))
    more = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    rest = text_of(business_client.get(more))

    assert len(re.findall(r'id="t-\d+"', page)) == 50
    assert len(re.findall(r'id="t-\d+"', rest)) == 6


def test_an_empty_inbox_says_so(business_client):
    assert "Nothing waits for you" in text_of(business_client.get("/inbox/"))


def test_other_pages_lead_to_the_task_of_an_item(business_client, task):
    answer = business_client.get(f"/inbox/?item={task.item_id}")

    assert (answer.status_code, answer["Location"]) == (302, url(task))
    assert business_client.get("/inbox/?item=999999")["Location"] == "/inbox/"


def test_tasks_of_other_folders_are_not_found(business_client, business_user):
    elsewhere = make_task(make_queue(Folder.objects.create(key="else", title="Else")))

    for verb in ("task", "decide", "draft", "claim", "comment", "reveal"):
        method = business_client.get if verb == "task" else business_client.post
        assert method(url(elsewhere, verb)).status_code == 404
    assert str(elsewhere.title) not in text_of(business_client.get("/inbox/"))


def test_pages_need_a_person(client, task):
    assert client.get(url(task)).status_code == 302
    assert client.post(url(task, "decide")).status_code == 302


@pytest.mark.parametrize("verb", ["decide", "draft", "claim", "release", "reassign", "comment"])
def test_verbs_are_posts_by_people_who_may_decide(auditor_client, business_client, task, verb):
    assert business_client.get(url(task, verb)).status_code == 405
    assert (
        auditor_client.post(url(task, verb), form_of(task, decision="correct")).status_code == 403
    )
    assert UserTask.objects.open().count() == 1


def test_who_may_only_look_gets_no_buttons(auditor_client, task):
    page = text_of(auditor_client.get(url(task)))

    assert "decision-bar" not in page
    assert '<fieldset class="task-fields" disabled' in page
    assert "data-rows-add" not in page


def test_what_bots_bring_in_stays_text(business_client, folder):
    evil = "<script>alert(1)</script>"
    queue = make_queue(folder, title=evil, payload_schema={"properties": {evil: {"title": evil}}})

    task = make_task(
        queue,
        payload={evil: evil, f'"><img src=x onerror=alert(1)>{evil}': [evil, {evil: evil}]},
        reference=evil,
        message=evil,
        field=evil,
    )
    page = text_of(business_client.get(url(task)))

    assert evil not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_a_page_of_a_list_takes_few_queries(business_client, queue, django_assert_max_num_queries):
    for n in range(5):
        make_task(queue, reference=f"R{n}")

    with django_assert_max_num_queries(45):
        business_client.get("/inbox/")


# ---- deciding


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


# ---- drafts


def test_a_draft_is_kept_for_its_author_and_shown_again(
    business_client, supervisor_client, business_user, task
):
    sent = form_of(task, **{"v/vendor": "half ty", "reason:reject": "because"})

    kept = business_client.post(url(task, "draft"), sent, headers={"X-Requested-By": "draft"})

    assert kept.status_code == 204
    assert Draft.objects.get().values == {"v/vendor": ["half ty"], "reason:reject": ["because"]}
    mine, theirs = (text_of(one.get(url(task))) for one in (business_client, supervisor_client))
    assert 'value="half ty"' in mine
    assert 'value="because"' in mine
    assert "half ty" not in theirs
    assert f"{business_user.name} is working on this" in theirs


def test_personal_values_are_not_kept_in_drafts_unless_changed(business_client, task):
    seen = form_of(task, **{"v/iban": PAYLOAD["iban"]})
    changed = form_of(task, **{"v/iban": "DE00"})

    business_client.post(url(task, "draft"), seen)
    first = Draft.objects.get().values
    business_client.post(url(task, "draft"), changed)

    assert first == {}
    assert Draft.objects.get().values == {"v/iban": ["DE00"]}


def test_rows_come_and_go_without_a_script(business_client, task):
    business_client.post(url(task, "draft"), form_of(task, _add="v/lines"))
    added = text_of(business_client.get(url(task)))
    business_client.post(url(task, "draft"), form_of(task, _remove="v/lines/0"))
    removed = text_of(business_client.get(url(task)))

    def keys(page):
        return re.findall(r'name="v/lines/:rows" value="(\w+)"', page)

    assert len([key for key in keys(added) if not key.startswith("_")]) == 3
    assert [key for key in keys(removed) if not key.startswith("_")] == ["1"]


# ---- hands, comments, personal values, documents


def test_taking_handing_over_and_giving_back(business_client, supervisor_client, supervisor, task):
    taken = text_of(business_client.post(url(task, "claim"), headers=HTMX))
    refused = supervisor_client.post(url(task, "claim"), headers=HTMX)
    supervisor_client.post(url(task, "claim"), {"take_over": "1"}, headers=HTMX)
    handed = business_client.post(url(task, "reassign"), {"assignee": supervisor.pk}, headers=HTMX)
    back = text_of(supervisor_client.post(url(task, "release"), headers=HTMX))

    assert "You have this task" in taken
    assert refused.status_code == 409
    assert "Business_user has this task" in text_of(refused)
    assert handed.status_code == 200
    assert "Take it" in back


@pytest.mark.parametrize("assignee", ["", "x", "999999", "9" * 40])
def test_handing_to_nobody_is_not_found(business_client, task, assignee):
    answer = business_client.post(url(task, "reassign"), {"assignee": assignee})

    assert answer.status_code == 404


def test_a_comment_is_shown_as_text_and_a_huge_one_refused(business_client, task):
    good = business_client.post(url(task, "comment"), {"text": "<b>See</b>\npage 2"}, headers=HTMX)
    huge = business_client.post(url(task, "comment"), {"text": "x" * 10_001}, headers=HTMX)
    empty = business_client.post(url(task, "comment"), {"text": " "}, headers=HTMX)

    assert "&lt;b&gt;See&lt;/b&gt;<br>\npage 2" in text_of(good)
    assert huge.status_code == 413
    assert "10000" in text_of(huge)
    assert empty.status_code == 422
    assert Comment.objects.count() == 1


def test_a_personal_value_is_shown_on_demand_and_each_look_recorded(
    business_client, auditor_client, task
):
    before = text_of(business_client.get(url(task)))

    shown = business_client.post(url(task, "reveal"), {"name": "v/iban"}, headers=HTMX)

    assert PAYLOAD["iban"] not in before
    assert PAYLOAD["iban"] in text_of(shown)
    assert Event.objects.get(kind="user_task.revealed").data == {"field": "iban"}
    assert auditor_client.post(url(task, "reveal"), {"name": "v/iban"}).status_code == 403
    assert business_client.post(url(task, "reveal"), {"name": "v/nothing"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "content_type", "content", "shows"),
    [
        ("a.txt", "text/plain", b"plain <b>text</b>", "plain &lt;b&gt;text&lt;/b&gt;"),
        ("a.json", "application/json", b'{"a": [1]}', "&quot;a&quot;: ["),
        ("a.json", "application/json", b'{"a": ', "{&quot;a&quot;:"),
        ("a.xml", "application/xml", b"<a><b>1</b></a>", 'xml-name">b</span> <b>1</b>'),
        ("a.xml", "text/xml", b"<a><b>", "&lt;a&gt;&lt;b&gt;"),
        ("a.xml", "application/xml", XXE, '<span class="xml-name">a</span>'),
        ("a.pdf", "application/pdf", b"%PDF-1.4", "being drawn"),
        ("a.bin", "application/octet-stream", b"\x00\x01", "can't be shown here"),
        (
                "a.svg", "image/svg+xml", b"<svg><script>alert(1)</script></svg>",
                '<span class="xml-name">script</span> <b>alert(1)</b>',
            ),
        ("a.txt", "text/plain", b"x" * 1_000_001, "can't be shown here"),
        ("a.png", "image/png", b"\x89PNG", "<img src="),
    ],
)  # fmt: skip
def test_documents_are_shown_beside_the_form_or_offered_for_download(
    business_client, task, name, content_type, content, shows
):
    attach(task.item, ContentFile(content, name=name), by=BOT, content_type=content_type)

    page = text_of(business_client.get(url(task)))

    assert shows in page
    assert "root:" not in page
    assert "is-with-document" in page
