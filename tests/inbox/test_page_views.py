"""The inbox in the browser, without one: what its pages show, and to whom."""

import re

import pytest
from django.core.files.base import ContentFile

from apps.accounts.models import Folder
from apps.inbox import lifecycle
from apps.inbox.models import UserTask
from apps.queues.files import attach
from tests.inbox.pages import HTMX, form_of, text_of, url
from tests.inbox.rows import BOT, make_queue, make_task

pytestmark = pytest.mark.django_db

XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


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
