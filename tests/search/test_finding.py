"""What a search finds, in which order, and that folders of others are as if they were not there."""

import pytest

from apps.accounts.permissions import rights_of
from apps.accounts.roles import Role
from apps.search import asking
from apps.search.finding import find, search_of, straight_to
from tests.factories import make_folder, make_person
from tests.factories_limits import make_application
from tests.factories_queues import make_queue
from tests.factories_triggers import make_trigger
from tests.search.made import item_called, make_run_in, task_called, tried
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db


def hits(person, folder, text, **more):
    return find(search_of(asking.read(text), rights_of(person), folder, **more))


def found(person, folder, text, **more):
    return [(hit.kind, hit.title) for hit in hits(person, folder, text, **more)]


def test_a_reference_is_found_by_how_it_begins_itself_first_then_the_newest(supervisor, folder):
    longer = item_called("INV-70", folder)
    older, newer = item_called("INV-7", folder), item_called("INV-7", folder)
    item_called("XINV-7", folder)
    item_called("", folder)

    items = [hit.pk for hit in hits(supervisor, folder, "INV-7") if hit.kind == "item"]

    assert items == [newer.pk, older.pk, longer.pk]
    assert ("timeline", "INV-7") in found(supervisor, folder, "INV-7")
    assert ("item", "INV-7") in found(supervisor, folder, "inv-7")
    assert found(supervisor, folder, "NV-7") == []


@pytest.mark.parametrize("reference", ["50%", "a_b", "c\\d", "it's", "Ä-1", "a b", "😀-1", "%"])
def test_what_means_something_to_a_database_is_a_letter_like_others(supervisor, folder, reference):
    item = item_called(reference, folder)
    item_called("something else", folder)

    assert [hit.pk for hit in hits(supervisor, folder, reference) if hit.pk] == [item.pk]


def test_numbers_find_all_that_bears_them_and_letters_say_which(supervisor, folder):
    item, run = item_called("", folder), make_run_in(folder)

    assert ("item", f"#{item.pk}") in found(supervisor, folder, str(item.pk))
    assert found(supervisor, folder, f"R-{run.pk}") == [("run", f"Run {run.pk}")]
    assert found(supervisor, folder, f"I-{run.pk + 10_000}") == []


def test_a_thing_named_by_kind_and_number_is_gone_to_unless_something_else_is_called_so(
    supervisor, folder
):
    run = make_run_in(folder)
    name = f"R-{run.pk}"
    search = search_of(asking.read(name), rights_of(supervisor), folder)

    assert straight_to(search, find(search)).pk == run.pk
    item_called(name, folder)
    assert straight_to(search, find(search)) is None
    plain = search_of(asking.read(str(run.pk)), rights_of(supervisor), folder)
    assert straight_to(plain, find(plain)) is None


def test_a_reference_brings_its_instance_task_and_run(supervisor, admin, folder):
    instance = start_approval(folder, admin, number="P-1")
    run = make_run_in(folder)
    item = item_called("P-1", folder)
    tried(item, "successful", run=run)
    task = task_called(folder, "P-1")

    seen = {(hit.kind, hit.pk) for hit in hits(supervisor, folder, "P-1")}

    assert {
        ("instance", instance.pk),
        ("item", item.pk),
        ("run", run.pk),
        ("task", task.pk),
    } <= seen
    assert {("item", task.item_id)} <= seen


def test_titles_and_keys_are_found_by_any_part_of_them(supervisor, folder):
    make_queue("ap-invoices", folder=folder, title="Accounts payable")
    make_application(folder, title="Payable portal")
    make_trigger(folder, title="Pay day")

    assert found(supervisor, folder, "payable") == [
        ("queue", "Accounts payable"),
        ("application", "Payable portal"),
    ]
    assert found(supervisor, folder, "ap-inv") == [("queue", "Accounts payable")]
    assert found(supervisor, folder, "day pay") == [("trigger", "Pay day")]
    assert found(supervisor, folder, "payable", kind="application") == [
        ("application", "Payable portal")
    ]


def test_people_are_found_by_who_looks_after_them(admin, supervisor, business_user, folder):
    make_person("zelda", folder=folder)
    make_person("zorro", folder=make_folder())

    assert [hit.url for hit in hits(admin, folder, "zelda")][0].startswith("/settings/people/")
    assert hits(supervisor, folder, "zelda")[0].url.endswith("/absences/")
    assert found(business_user, folder, "zelda") == []
    assert found(admin, folder, "zorro") == []


def test_pages_are_found_by_who_may_open_them(admin, business_user, folder):
    assert ("page", "API tokens") in found(admin, folder, "tokens")
    assert found(business_user, folder, "tokens") == []
    assert ("page", "Runs") in found(business_user, folder, "runs")


def test_nothing_of_another_folder_is_found_by_any_name(supervisor, admin):
    theirs = make_folder()
    boss = make_person(role=Role.ADMIN, folder=theirs)
    item = item_called("SECRET-1", theirs)
    tried(item, "successful", run=make_run_in(theirs))
    instance, task = (
        start_approval(theirs, boss, number="SECRET-1"),
        task_called(theirs, "SECRET-2"),
    )
    run = make_run_in(theirs)
    make_queue("secret", folder=theirs, title="Secret queue")
    make_trigger(theirs, title="Secret trigger")
    folder = supervisor.memberships.get().folder

    for text in ("SECRET-1", "SECRET", "secret", f"{item.pk}", f"W-{instance.pk}", f"T-{task.pk}"):
        # pages of help are everybody's
        assert [hit for hit in found(supervisor, folder, text) if hit[0] != "page"] == [], text
    assert found(supervisor, folder, f"R-{run.pk}") == []
    assert len(found(boss, theirs, "SECRET-1")) >= 4


def test_no_more_of_a_kind_than_asked_for(supervisor, folder):
    queue = make_queue(folder=folder)
    for number in range(8):
        item_called(f"B-{number}", folder, queue=queue)

    assert len(found(supervisor, folder, "B-", n=5)) == 5


def test_nothing_is_asked_for_by_nothing(supervisor, folder, django_assert_num_queries):
    search = search_of(asking.read("  "), rights_of(supervisor), folder)

    with django_assert_num_queries(0):
        assert find(search) == []
