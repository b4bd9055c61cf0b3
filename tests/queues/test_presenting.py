"""Queues, items and their data in words."""

import pytest

from apps.queues.counts import counts_of
from apps.queues.item_changes import changes_in_words
from apps.queues.item_data import MAX_FIGURES, MAX_ROWS, view_of
from apps.queues.item_presenting import item_verbs, share_done
from apps.queues.listing import ItemFilter, find_items
from apps.queues.models import Attempt, Lease, WorkItem, WorkQueue
from apps.queues.presenting import (
    flow_chart,
    queue_rows,
    rules_of,
    status_tabs,
    strip_of,
)
from apps.queues.upkeep import fold_counters
from tests.factories_queues import make_queue
from tests.queues.pages import SCHEMA, deferred, leased, queue_in, tried, waiting

Outcome = Attempt.Outcome


@pytest.fixture
def queue(folder):
    return queue_in(folder)


# --- queues ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_cell_of_the_strip_counts_what_its_list_shows(folder):
    # given items in every cell
    queue = queue_in(folder, retry_delay_seconds=600)
    failing = queue_in(folder, "failing", on_business_exception="fail")
    deferred(queue)
    tried(queue, Outcome.SUCCESSFUL)
    tried(queue, Outcome.BUSINESS_EXCEPTION)
    tried(queue, Outcome.APPLICATION_EXCEPTION)
    leased(queue)
    waiting(queue)
    tried(failing, Outcome.BUSINESS_EXCEPTION)
    fold_counters()

    for each in (queue, failing):
        for cell in strip_of(queue_rows([each])[0]):
            query = cell["url"].partition("?")[2]
            listed = find_items(ItemFilter.parse(each.pk, query)).items
            assert cell["value"] == len(listed), cell["label"]


@pytest.mark.django_db
def test_each_tab_counts_what_its_list_shows(queue):
    tried(queue, Outcome.SUCCESSFUL)
    tried(queue, Outcome.BUSINESS_EXCEPTION)
    waiting(queue)

    for tab in status_tabs(queue, ItemFilter(queue.pk)):
        query = tab["url"].partition("?")[2]
        listed = find_items(ItemFilter.parse(queue.pk, query)).items
        assert tab["count"] in (None, len(listed)), tab["label"]


@pytest.mark.django_db
def test_from_what_ended_today_the_other_ends_of_today_are_one_step_away(folder):
    queue = make_queue(folder=folder)
    wanted = ItemFilter(queue.pk, "failed", is_today=True)

    tabs = {tab["url"].partition("?")[2]: tab["count"] for tab in status_tabs(queue, wanted)}

    assert tabs["status=successful&ended=today"] is None
    assert tabs["status=ready"] == 0


@pytest.mark.django_db
def test_rows_of_many_queues_cost_the_same(folder, django_assert_num_queries):
    queues = [queue_in(folder, f"queue-{number}") for number in range(10)]

    with django_assert_num_queries(7):
        queue_rows(queues)


@pytest.mark.django_db
def test_the_chart_has_a_point_for_each_whole_minute(queue):
    tried(queue, Outcome.SUCCESSFUL)
    fold_counters()

    chart = flow_chart([queue.pk], minutes=60)

    assert len(chart["lines"]) == 60
    assert chart["names"] == ["Added", "Done", "Failed"]


def test_rules_read_like_a_sentence():
    queue = WorkQueue(max_attempts=6, retry_delay_seconds=5, sla_seconds=14_400)

    rules = dict(rules_of(queue))

    assert rules["System problem"] == "6 tries, then ask a person"
    assert rules["Tried again"] == "after 5 s, each time twice as long"
    assert rules["Due"] == "4 h after it came in"


@pytest.mark.django_db
def test_an_empty_queue_has_zeros_everywhere():
    queue = make_queue()

    row = queue_rows([queue])[0]

    assert (row["waiting"], row["done_today"], row["oldest_at"], row["forecast"]) == (
        0,
        0,
        None,
        None,
    )
    assert counts_of([queue.pk])[queue.pk].total == 0


# --- items ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "verbs"), [
    ("new", {"retry", "hold", "skip", "complete-by-hand", "cancel"}),
    ("needs_decision", {"retry", "skip", "complete-by-hand", "cancel"}),
    ("on_hold", {"resume", "skip", "complete-by-hand", "cancel"}),
    ("in_progress", set()), ("successful", {"reopen"}), ("failed", {"reopen"}),
])  # fmt: skip
def test_only_verbs_that_can_be_done_are_offered(status, verbs):
    item = WorkItem()
    item.status = status

    assert {verb.name for verb in item_verbs(item, may_operate=True)} == verbs
    assert item_verbs(item, may_operate=False) == []


@pytest.mark.parametrize(("told", "share"), [
    (0.25, 25), (0, 0), (1, 100), (1.5, None), ("half", None), (None, None), ({"done": 1}, None),
    (True, None),
])  # fmt: skip
def test_progress_is_shown_when_it_is_a_share(told, share):
    assert share_done(Lease(progress=told)) == share


# --- data -----------------------------------------------------------------------------------------


def test_what_the_schema_puts_first_comes_first_and_the_rest_is_folded():
    payload = {f"field_{number}": number for number in range(30)}
    schema = {"type": "object", "properties": {"field_29": {"type": "integer", "x-order": 1}}}

    view = view_of(payload, schema)

    assert view.figures[0] == ("Field 29", "29")
    assert len(view.figures) == MAX_FIGURES
    assert len(view.figures) + len(view.more) == 30


def test_lists_of_objects_are_tables_with_the_union_of_their_columns():
    view = view_of({"lines": [{"a": 1}, {"b": True}], "tags": ["x", "y"]}, {})

    (table,) = view.tables
    assert [column.title for column in table.columns] == ["A", "B"]
    assert [[text for text, _number in row] for row in table.rows] == [["1", "–"], ["–", "yes"]]
    assert view.figures == [("Tags", "x, y")]


def test_long_tables_say_how_much_is_left_out():
    view = view_of({"lines": [{"a": n} for n in range(MAX_ROWS + 7)]}, {})

    assert (len(view.tables[0].rows), view.tables[0].n_hidden) == (MAX_ROWS, 7)


def test_objects_are_groups_and_empty_values_are_dashes():
    view = view_of({"vendor": {"name": "Stark", "city": None}, "note": "", "none": {}}, {})

    assert view.groups[0].pairs == [("Name", "Stark"), ("City", "–")]
    assert view.figures == [("Note", "–"), ("None", "–")]


@pytest.mark.parametrize("payload", [None, [], "text", 5, {"a": [[1], [2]]}, {"a": [{}, 1]}])
@pytest.mark.parametrize("schema", [{}, {"type": "object"}, None, {"properties": 5}, {"$ref": "#"}])
def test_odd_data_and_odd_schemas_are_shown_somehow(payload, schema):
    view_of(payload, schema)


def test_recorded_changes_carry_the_titles_of_the_schema():
    recorded = {
        "payload.number": {"before": "1", "after": "2"},
        "payload.lines.0.net": {"after": True},
        "priority": {"before": 50, "after": 60},
    }

    assert changes_in_words(recorded, SCHEMA) == [
        {"label": "Invoice number", "before": "1", "after": "2"},
        {"label": "Lines › 1 › Net", "before": "", "after": "yes"},
        {"label": "Priority", "before": "50", "after": "60"},
    ]
    assert changes_in_words(None, SCHEMA) == []
    assert changes_in_words([{"field": "max_runs", "before": 1, "after": 2}], SCHEMA) == [
        {"label": "Max runs", "before": "1", "after": "2"},
    ]
