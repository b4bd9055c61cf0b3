"""The pages of search and timelines, and what the palette is told."""

import pytest

from tests.factories import make_folder
from tests.factories_queues import make_queue
from tests.inbox.rows import make_queue as make_inbox_queue
from tests.inbox.rows import make_task
from tests.search.made import item_called, make_run_in, task_called, tried
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db

NO_NAMES = ["a" * 10_000, "a\x01b", "a\x1b[2J"]


def told(client, text):
    return [hit["text"] for hit in client.get("/search/palette/", {"q": text}).json()["hits"]]


def test_the_palette_is_told_few_of_each_kind_with_their_addresses(supervisor_client, folder):
    queue = make_queue(folder=folder, title="Invoices in")
    for number in range(9):
        item = item_called(f"INV-{number}", folder, queue=queue)

    hits = supervisor_client.get("/search/palette/", {"q": "inv"}).json()["hits"]

    assert [hit["text"] for hit in hits] == [*(f"INV-{n}" for n in range(5)), "Invoices in"]
    assert hits[0]["hint"] == f"Item · Invoices in · #{item.pk - 8} · Waiting"
    assert hits[0]["url"] == f"/items/{item.pk - 8}/"
    assert told(supervisor_client, "") == []


@pytest.mark.parametrize("said", NO_NAMES)
def test_what_is_no_name_is_refused_in_a_sentence(supervisor_client, said):
    answer = supervisor_client.get("/search/palette/", {"q": said})
    page = supervisor_client.get("/search/", {"q": said})

    assert (answer.status_code, answer.json()["hits"]) == (422, [])
    assert answer.json()["problem"].startswith("Search: ")
    assert page.status_code == 422
    assert "That can't be searched for" in page.text


def test_nobody_searches_without_signing_in(client, db):
    for path in ("/search/", "/search/palette/?q=a", "/timeline/x/", "/search/timeline/item/1/"):
        answer = client.get(path)
        assert (answer.status_code, "/sign-in/" in answer.headers["Location"]) == (302, True), path


def test_the_page_shows_what_was_found_kind_by_kind(supervisor_client, folder):
    item = item_called("INV-1", folder)

    page = supervisor_client.get("/search/", {"q": "inv-1"}).text

    assert f'href="/items/{item.pk}/"' in page
    assert 'href="/timeline/INV-1/"' in page
    assert "Nothing by the name" in supervisor_client.get("/search/", {"q": "nothing so"}).text
    assert "What are you looking for?" in supervisor_client.get("/search/").text
    narrowed = supervisor_client.get("/search/", {"q": "inv-1", "kind": "bot"}).text
    assert f'href="/items/{item.pk}/"' not in narrowed
    assert supervisor_client.get("/search/", {"q": "inv-1", "kind": "ghosts"}).status_code == 200


def test_a_number_with_its_letter_goes_straight_there(supervisor_client, folder):
    run = make_run_in(folder)

    assert supervisor_client.get("/search/", {"q": f"R-{run.pk}"}).headers["Location"] == (
        f"/runs/{run.pk}/"
    )
    theirs = make_run_in(make_folder())
    assert supervisor_client.get("/search/", {"q": f"R-{theirs.pk}"}).status_code == 200


@pytest.mark.parametrize(
    "reference", ["INV/2026/7", "a b", "..", ".", "/a", "50%", "a?b#c", "Ä-1", "a//b", "of/item/1"]
)
def test_every_reference_has_an_address_that_leads_to_it(supervisor_client, folder, reference):
    item = item_called(reference, folder)

    there = supervisor_client.get(f"/search/timeline/item/{item.pk}/")
    page = supervisor_client.get(there.headers["Location"])

    assert page.status_code == 200
    assert f'href="/items/{item.pk}/"' in page.text


def test_a_timeline_shows_what_happened_what_created_it_and_what_belongs_to_it(
    supervisor_client, folder, admin
):
    instance = start_approval(folder, admin, number="P-1")
    task = task_called(folder, "P-1")

    page = supervisor_client.get("/timeline/P-1/").text

    for text in ("What created it", "began", "A person was asked", "Try 1: Data problem"):
        assert text in page
    for url in (f"/instances/{instance.pk}/", f"/inbox/{task.pk}/", f"/items/{task.item_id}/"):
        assert f'href="{url}"' in page
    only_tries = supervisor_client.get("/timeline/P-1/?kind=try").text
    assert "A person was asked" not in only_tries
    assert supervisor_client.get("/timeline/P-1/?kind=nonsense").status_code == 200


def test_a_timeline_comes_as_a_table(supervisor_client, folder):
    item_called("P-2", folder)

    answer = supervisor_client.get("/timeline/P-2/?format=csv")

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Came into the queue" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/timeline/nothing/", "/timeline/" + "a" * 10_000 + "/", "/timeline/a%00b/",
        "/timeline/a%0Ab/", "/timeline/%1b/", "/search/timeline/item/9223372036854775808/",
        "/search/timeline/item/1/", "/search/timeline/ghost/1/",
        "/search/timeline/item/99999999999999999999999999/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(supervisor_client, folder, path):
    assert supervisor_client.get(path).status_code == 404


def test_a_forged_cursor_on_a_page_is_refused(supervisor_client, folder):
    item_called("P-3", folder)

    assert supervisor_client.get("/timeline/P-3/?cursor=xyz").status_code == 422
    assert supervisor_client.get("/timeline/P-3/?cursor=" + "A" * 9_000).status_code == 422


def test_a_timeline_of_another_folder_is_not_there(supervisor_client, folder):
    theirs = item_called("S-9", make_folder())

    assert supervisor_client.get("/timeline/S-9/").status_code == 404
    assert supervisor_client.get(f"/search/timeline/item/{theirs.pk}/").status_code == 404


def test_things_lead_to_the_timeline_of_what_they_are_about(supervisor_client, folder, admin):
    item, plain = item_called("L-1", folder), item_called("", folder)
    task = make_task(make_inbox_queue(folder), reference="L-2")
    instance = start_approval(folder, admin, number="L-3")
    run = make_run_in(folder)
    tried(plain, "successful", run=run)

    def leads(kind, pk):
        return supervisor_client.get(f"/search/timeline/{kind}/{pk}/").headers.get("Location")

    assert leads("item", item.pk) == "/timeline/L-1/"
    assert leads("task", task.pk) == "/timeline/L-2/"
    assert leads("instance", instance.pk) == "/timeline/L-3/"
    for kind, pk in (("item", plain.pk), ("run", run.pk)):
        page = supervisor_client.get(f"/search/timeline/{kind}/{pk}/")
        assert page.status_code == 200
        assert f"Run {run.pk}" in page.text


@pytest.mark.parametrize("kind", ["item", "instance", "run", "task"])
def test_every_page_links_to_its_timeline(supervisor_client, folder, admin, kind):
    made = {
        "item": lambda: ("/items/{}/", item_called("K-1", folder)),
        "instance": lambda: ("/instances/{}/", start_approval(folder, admin)),
        "run": lambda: ("/runs/{}/", make_run_in(folder)),
        "task": lambda: ("/inbox/{}/", task_called(folder, "K-2")),
    }
    address, thing = made[kind]()

    assert (
        f'href="/search/timeline/{kind}/{thing.pk}/"'
        in supervisor_client.get(address.format(thing.pk)).text
    )
