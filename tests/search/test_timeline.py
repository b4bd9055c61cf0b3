"""The timeline of a reference: what belongs to it, what happened, each thing said once."""

import csv
from io import StringIO

import pytest

from apps.events.causes import in_the_course_of
from apps.inbox.lifecycle import decide
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.queues.lifecycle import hold_item, resume_item
from apps.queues.models import WorkItem
from apps.search.timeline import list_entries, of_object, of_reference, origins_of
from apps.search.timeline.listing import as_csv
from apps.triggers.lifecycle import fire_now
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_item, make_queue
from tests.factories_triggers import adds_to, make_trigger
from tests.inbox.rows import answer
from tests.search.made import item_called, make_run_in, task_called, tried
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db


def told(subjects, **more):
    return [row.entry.what for row in list_entries(subjects, **more).rows]


def of(reference, *folders):
    return of_reference(reference, frozenset(folder.pk for folder in folders))


def test_items_tries_tasks_decisions_instances_and_runs_stand_in_one_list(
    folder, admin, supervisor
):
    start_approval(folder, admin, number="P-1")
    run = make_run_in(folder)
    tried(item_called("P-1", folder), "successful", run=run)
    task = task_called(folder, "P-1")
    decide(task, answer(task, "reject", reason="Twice"), by=supervisor.actor)

    listing = list_entries(of("P-1", folder))

    kinds = [row.entry.kind for row in listing.rows]
    assert set(kinds) >= {"instance", "item", "try", "run", "task", "decision", "step"}
    moments = [row.entry.at for row in listing.rows]
    assert moments == sorted(moments)
    assert listing.counts["decision"] == 1
    decision = next(row.entry for row in listing.rows if row.entry.kind == "decision")
    assert (decision.who, decision.note) == (supervisor.name, "Twice")
    tries = [row.entry.what for row in listing.rows if row.entry.kind == "try"]
    assert tries == ["Try 1: Done", "Try 1: Data problem"]


def test_nothing_is_told_twice(folder, admin, supervisor):
    start_approval(folder, admin, number="P-1")
    task = task_called(folder, "P-2")
    decide(task, answer(task, "reject", reason="no"), by=supervisor.actor)

    for reference in ("P-1", "P-2"):
        entries = [row.entry for row in list_entries(of(reference, folder)).rows]
        assert not [each for each in entries if each.kind == "event" and "decided" in each.what]
        assert len({each.key for each in entries}) == len(entries)
        assert "started it" not in " ".join(each.what for each in entries)


def test_what_people_change_is_told_with_their_names_and_reasons(folder):
    item = item_called("H-1", folder)
    hold_item(item.pk, reason="Wait for the invoice", by=ANNA)
    resume_item(item.pk, by=ANNA)

    rows = list_entries(of("H-1", folder), kind="event").rows

    assert [row.entry.what for row in rows] == ["Anna put it on hold", "Anna took it off hold"]
    assert (rows[0].entry.note, rows[0].name) == ("Wait for the invoice", f"Item #{item.pk}")


def test_only_what_bears_exactly_the_reference_belongs_to_it(folder):
    item_called("A-1", folder)
    item_called("A-10", folder)
    item_called("a-1", folder)

    assert [item.reference for item in of("A-1", folder).items.values()] == ["A-1"]


def test_what_lies_in_folders_of_others_is_left_out_without_a_sign(folder):
    theirs = make_folder()
    item_called("S-1", theirs)
    ours = item_called("S-1", folder)
    with in_the_course_of("item", ours.pk):
        item_called("S-2", theirs)

    assert list(of("S-1", folder).items) == [ours.pk]
    assert of("S-2", folder).is_empty
    assert origins_of(of("S-1", folder))[0][-1].title == "Anna"


def test_a_chain_leads_from_an_item_to_the_step_and_what_started_that(folder, admin):
    instance = start_approval(folder, admin, number="P-1", amount=10)
    item = WorkItem.objects.filter(queue__folder=folder).order_by("-pk").first()
    subjects = of_object("item", item.pk, frozenset({folder.pk}))

    [chain] = origins_of(subjects)

    assert [(link.kind, link.pk) for link in chain[:2]] == [
        ("item", item.pk),
        ("instance", instance.pk),
    ]
    assert chain[1].how.startswith("step “")
    assert chain[-1].title == "Admin"
    assert list(of("P-1", folder).items) == [item.pk]


def test_a_chain_leads_to_the_trigger_that_fired(folder):
    queue = make_queue(folder=folder)
    target = adds_to(queue)
    target["items"][0]["reference"] = "T-1"
    trigger = make_trigger(folder, title="Each hour", target=target)
    fire_now(trigger, by=ANNA)

    subjects = of("T-1", folder)

    assert [link.title for link in origins_of(subjects)[0]] == [
        "Item T-1",
        "Trigger “Each hour”",
    ]
    assert "The trigger “Each hour” started it" in told(subjects)


def test_what_a_bot_added_while_at_an_item_belongs_to_it_and_says_so(folder):
    first = item_called("F-1", folder)
    with in_the_course_of("item", first.pk):
        second = item_called("F-2", folder)
        make_item(make_queue(folder=make_folder()), reference="F-3")

    assert set(of("F-1", folder).items) == {first.pk, second.pk}
    chain = origins_of(of("F-2", folder))[0]
    assert [link.title for link in chain] == ["Item F-2", "Item F-1", "Anna"]


def test_things_that_made_each_other_end_the_chain(folder):
    first = item_called("L-1", folder)
    with in_the_course_of("item", first.pk + 1):
        second = item_called("L-2", folder)
    assert second.pk == first.pk + 1

    with in_the_course_of("item", second.pk):
        third = item_called("L-3", folder)

    assert [link.pk for link in origins_of(of("L-3", folder))[0]][:2] == [third.pk, second.pk]


def test_pages_go_on_after_the_last_entry_and_miss_none(folder):
    queue = make_queue(folder=folder)
    for _n in range(5):
        item_called("P-5", folder, queue=queue)
    subjects = of("P-5", folder)

    seen, cursor = [], ""
    while True:
        listing = list_entries(subjects, cursor=cursor, limit=2)
        seen += [row.entry.key for row in listing.rows]
        cursor = listing.next_cursor
        if not cursor:
            break

    assert len(seen) == len(set(seen)) == 5
    assert seen == [row.entry.key for row in list_entries(subjects).rows]


@pytest.mark.parametrize(
    "cursor",
    ["x", "a" * 5_000, "W10", "é", "bnVsbA", "WyJhdCxrZXkiLDEsMl0", "WyJhdCxrZXkiLG51bGwsIngiXQ"],
)
def test_a_forged_cursor_is_refused(folder, cursor):
    item_called("P-6", folder)

    with pytest.raises(InvalidError):
        list_entries(of("P-6", folder), cursor=cursor)


def test_long_times_without_news_are_folded(folder):
    first, second = item_called("G-1", folder), item_called("G-1", folder)
    at = database_now()
    WorkItem.objects.filter(pk=first.pk).update(entered_at=at.replace(year=at.year - 1))
    WorkItem.objects.filter(pk=second.pk).update(entered_at=at)

    gaps = [row.gap for row in list_entries(of("G-1", folder)).rows]

    assert gaps[0] == ""
    assert "days" in gaps[1]


def test_personal_values_are_not_in_a_timeline(folder, supervisor):
    task = task_called(folder, "M-1")
    decide(task, answer(task, "reject", reason="no"), by=supervisor.actor)
    listing = list_entries(of("M-1", folder))

    assert "DE89370400440532013000" not in as_csv(listing.rows, "").decode()


def test_the_table_names_zones_and_starts_no_formula(folder):
    item_called("C-1", folder, payload={})
    WorkItem.objects.update(added_by="=cmd()")

    lines = list(
        csv.reader(
            StringIO(as_csv(list_entries(of("C-1", folder)).rows, "https://x").decode("utf-8-sig"))
        )
    )

    assert lines[0][0] == "Time"
    assert lines[1][4] == "'=cmd()"
    assert lines[1][0].endswith("+00:00") or lines[1][0][-6] in "+-"
    assert lines[1][7].startswith("https://x/items/")


def test_a_reference_of_thousands_says_that_more_belongs_to_it(folder):
    queue = make_queue(folder=folder)
    for _n in range(51):
        item_called("many", folder, queue=queue)

    subjects = of("many", folder)

    assert subjects.is_cut
    assert len(subjects.items) == 50
