"""New items: one, many, references that must not repeat, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.lib.errors import InvalidError
from apps.queues.counts import counts_of
from apps.queues.lifecycle import DuplicateReferenceError, NewItem, add_item, add_items
from apps.queues.models import ItemReference, Ready, Scheduled, WorkItem
from tests.factories_queues import ANNA, make_queue

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number", "minimum": 0}},
    "required": ["total"],
}


def add(queue, payload=None, **values):
    return add_item(queue, NewItem(payload or {"total": 1}, **values), origin="api", by=ANNA)


def add_all(queue, news, *, all_or_nothing=False):
    return add_items(queue, news, origin="api", by=ANNA, all_or_nothing=all_or_nothing)


def test_add_item_puts_it_in_line_and_returns_it():
    queue = make_queue()

    item = add(queue, {"total": 12.5, "name": "Zürich"}, reference="R-1", priority=80)

    assert (item.status, item.reference, item.priority) == ("new", "R-1", 80)
    assert WorkItem.objects.get(pk=item.pk).payload == {"total": 12.5, "name": "Zürich"}
    assert (item.origin, item.added_by, item.version) == ("api", "Anna", 1)
    assert Ready.objects.get(item_id=item.pk).attempt == 1
    assert counts_of([queue.pk])[queue.pk].by_measure == {"added": 1, "ready": 1}


def test_add_item_for_later_is_scheduled():
    moment = timezone.now() + timedelta(hours=1)

    item = add(make_queue(), available_at=moment)

    assert (item.status, item.available_at_now) == ("new", moment)
    assert Scheduled.objects.get(item_id=item.pk).why == "deferred"


def test_add_item_names_each_field_that_does_not_fit_the_schema():
    queue = make_queue(payload_schema=SCHEMA)

    with pytest.raises(InvalidError) as refused:
        add(queue, {"total": "many"}, reference="R" * 201, priority=101)

    assert {problem.path for problem in refused.value.fields} == {
        "payload.total",
        "reference",
        "priority",
    }
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"due_at": datetime(2030, 1, 1)}, "due_at"),  # noqa: DTZ001 - the fault
        (
            {
                "available_at": datetime(2030, 1, 2, tzinfo=UTC),
                "expires_at": datetime(2030, 1, 1, tzinfo=UTC),
            },
            "expires_at",
        ),
        ({"reference": "a\x00b"}, "reference"),
    ],
    ids=["a time without zone", "expires before it is available", "NUL in the reference"],
)
def test_add_item_refuses_what_makes_no_sense(values, field):
    with pytest.raises(InvalidError) as refused:
        add(make_queue(), **values)

    assert [problem.path for problem in refused.value.fields] == [field]


def test_add_item_refuses_nul_in_the_payload():
    with pytest.raises(InvalidError) as refused:
        add(make_queue(), {"name": "a\x00b"})

    assert [problem.path for problem in refused.value.fields] == ["payload"]


def test_add_item_computes_the_deadline_from_the_duration():
    item = add(make_queue(sla_seconds=7200))

    assert item.due_at - item.entered_at == pytest.approx(
        timedelta(hours=2), abs=timedelta(seconds=2)
    )


def test_add_item_counts_the_duration_from_when_the_work_may_begin():
    moment = timezone.now() + timedelta(days=1)

    item = add(make_queue(sla_seconds=7200), available_at=moment)

    assert item.due_at == moment + timedelta(hours=2)


def test_add_item_computes_the_deadline_from_the_cut_off():
    cut_off = {"time": "17:00", "zone": "Europe/Berlin", "days": "every"}

    item = add(make_queue(cut_off=cut_off))

    assert item.due_at > item.entered_at
    assert item.due_at - item.entered_at <= timedelta(hours=25)


def test_a_given_deadline_wins_over_the_queues():
    moment = timezone.now() + timedelta(days=9)

    assert add(make_queue(sla_seconds=60), due_at=moment).due_at == moment


def test_references_may_repeat_unless_the_queue_says_otherwise():
    queue = make_queue()

    assert add(queue, reference="R").pk != add(queue, reference="R").pk
    assert not ItemReference.objects.exists()


def test_a_known_reference_is_refused_naming_the_item():
    queue = make_queue(unique_reference="reject")
    first = add(queue, reference="R")

    with pytest.raises(DuplicateReferenceError) as refused:
        add(queue, reference="R")

    assert refused.value.existing_id == first.pk
    assert WorkItem.objects.count() == 1


def test_a_known_reference_is_answered_with_its_item():
    queue = make_queue(unique_reference="ignore")
    first = add(queue, {"total": 1}, reference="R")

    second = add(queue, {"total": 2}, reference="R")

    assert (second.pk, second.payload) == (first.pk, {"total": 1})
    assert counts_of([queue.pk])[queue.pk]["added"] == 1


def test_references_are_unique_by_queue_and_no_reference_is_never_a_duplicate():
    queue, other = make_queue(unique_reference="reject"), make_queue(unique_reference="reject")
    add(queue, reference="R")

    add(other, reference="R")
    add(queue)
    add(queue)

    assert WorkItem.objects.count() == 4


def test_add_items_keeps_their_order():
    queue = make_queue()

    added = add_all(queue, [NewItem({"n": n}) for n in range(500)])

    items = WorkItem.objects.in_bulk(added.ids)
    assert [items[pk].payload["n"] for pk in added.ids] == list(range(500))
    assert counts_of([queue.pk])[queue.pk]["ready"] == 500


def test_add_items_takes_text_that_copy_must_escape():
    awkward = {"text": 'tab\t newline\n backslash \\ quote " \\N \\. end'}

    added = add_all(make_queue(), [NewItem(awkward, reference="a\tb\\N")])

    item = WorkItem.objects.get(pk=added.ids[0])
    assert (item.payload, item.reference) == (awkward, "a\tb\\N")


def test_add_items_spreads_over_ready_and_scheduled():
    queue = make_queue()
    later = timezone.now() + timedelta(hours=1)

    add_all(queue, [NewItem({}), NewItem({}, available_at=later), NewItem({})])

    assert (Ready.objects.count(), Scheduled.objects.count()) == (2, 1)


def test_add_items_independently_takes_the_good_ones_and_names_the_others():
    queue = make_queue(payload_schema=SCHEMA)

    added = add_all(queue, [NewItem({"total": 1}), NewItem({"total": -1}), NewItem({"total": 3})])

    assert len(added.ids) == 2
    (rejected,) = added.rejected
    assert (rejected.index, rejected.fields[0].path) == (1, "payload.total")
    assert rejected.error.startswith("payload.total: ")


def test_add_items_all_or_nothing_stores_nothing_on_one_fault():
    queue = make_queue(payload_schema=SCHEMA)

    with pytest.raises(InvalidError) as refused:
        add_all(queue, [NewItem({"total": 1}), NewItem({"total": -1})], all_or_nothing=True)

    assert [problem.path for problem in refused.value.fields] == ["items.1.payload.total"]
    assert not WorkItem.objects.exists()


def test_a_batch_with_known_and_repeated_references_is_refused_item_by_item():
    queue = make_queue(unique_reference="reject")
    known = add(queue, reference="known")
    news = [NewItem({}, reference=name) for name in ["b", "known", "a", "b", ""]]

    added = add_all(queue, news)

    assert len(added.ids) == 3
    assert [rejected.index for rejected in added.rejected] == [1, 3]
    assert str(known.pk) in added.rejected[0].error
    assert "twice" in added.rejected[1].error


def test_a_batch_with_known_and_repeated_references_is_answered_with_their_items():
    queue = make_queue(unique_reference="ignore")
    known = add(queue, reference="known")
    news = [NewItem({}, reference=name) for name in ["b", "known", "a", "b", "known"]]

    added = add_all(queue, news)

    b, first, a, b_again, second = added.ids
    assert first == second == known.pk
    assert b == b_again != a
    assert WorkItem.objects.count() == 3


def test_all_or_nothing_with_a_known_reference_stores_nothing():
    queue = make_queue(unique_reference="reject")
    add(queue, reference="known")

    with pytest.raises(InvalidError) as refused:
        add_all(queue, [NewItem({}, reference=r) for r in ("new", "known")], all_or_nothing=True)

    assert [problem.path for problem in refused.value.fields] == ["items.1.reference"]
    assert set(ItemReference.objects.values_list("reference", flat=True)) == {"known"}


def test_an_empty_batch_is_nothing():
    assert add_all(make_queue(), []).ids == []


def test_a_batch_gets_deadlines_too():
    queue = make_queue(sla_seconds=7200)
    given = timezone.now() + timedelta(days=3)

    added = add_all(queue, [NewItem({}), NewItem({}, due_at=given)])

    first, second = (WorkItem.objects.get(pk=pk) for pk in added.ids)
    assert first.due_at - first.entered_at == pytest.approx(
        timedelta(hours=2), abs=timedelta(seconds=2)
    )
    assert second.due_at == given
