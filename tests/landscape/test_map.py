"""The map: what it is made of, what is counted, what is seen by whom."""

import re
from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.roles import Role
from apps.events.causes import in_the_course_of
from apps.landscape.charting import Edge, Node, chart_of
from apps.landscape.counting import DAYS, count_day, count_days
from apps.landscape.drawing import read_diagrams
from apps.landscape.layout import draw
from apps.landscape.listing import MAX_IN_LAYER, MapFilter, part_of
from apps.landscape.models import Drawn, Flow, FlowDay
from apps.lib.clock import database_now
from apps.queues.lifecycle import lease_items
from apps.queues.models import HourCount, WorkItem
from apps.queues.upkeep import fold_counters
from apps.triggers.lifecycle import fire_due
from apps.workflows.models import Workflow
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder, make_person
from tests.factories_limits import make_application
from tests.factories_queues import make_item, make_items, make_queue
from tests.factories_triggers import adds_to, due_trigger, make_trigger
from tests.workflows.lifecycle.walking import deployed, started, work
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def today():
    return database_now().astimezone(UTC).date()


def counted(folder):
    """Count today and read the diagrams; return the ways as words."""
    fold_counters()
    read_diagrams()
    assert count_day(today())
    return {
        (f"{each.source.kind}:{each.source.name}", f"{each.target.kind}:{each.target.name}",
         each.way): (each.n, each.failed, each.is_set_up)
        for each in chart_of([folder.pk]).edges.values()
    }  # fmt: skip


def test_a_new_room_has_a_map_before_anything_went_along(folder):
    queue = make_queue("in", folder=folder)
    make_trigger(folder, "nightly", target=adds_to(queue))

    ways = counted(folder)

    assert ways == {("trigger:nightly", "queue:in", "set_up"): (0, 0, True)}


def test_layers_hang_together_as_they_are_set_up(folder):
    automation = make_automation(folder)
    application = make_application(folder, "erp")
    queue = make_queue("extract", folder=folder, automation=automation)
    queue.applications.add(application)
    deployed(process("invoice").start().service("extract").call("sub", "other").end(), folder)
    deployed(process("other").start().user("check").end(), folder)
    target = {"type": "workflow", "key": "invoice"}
    make_trigger(folder, "mail", target=target)

    assert set(counted(folder)) == {
        ("trigger:mail", "workflow:invoice", "set_up"),
        ("workflow:invoice", "queue:extract", "set_up"),
        ("workflow:invoice", "workflow:other", "set_up"),
        ("queue:extract", f"automation:{automation.key}", "set_up"),
        (f"automation:{automation.key}", "application:erp", "set_up"),
    }


def test_a_queue_that_others_work_leads_to_its_program_itself(folder):
    queue = make_queue("in", folder=folder)
    queue.applications.add(make_application(folder, "erp"))

    assert set(counted(folder)) == {("queue:in", "application:erp", "set_up")}


def test_what_triggers_started_is_counted(folder):
    queue = make_queue("in", folder=folder)
    due_trigger(folder, "nightly", target=adds_to(queue))
    fire_due()

    assert counted(folder)["trigger:nightly", "queue:in", "set_up"] == (1, 0, True)


def test_what_a_workflow_hands_out_and_calls_is_counted(folder):
    deployed(process("other").start().end(), folder)
    model = process("invoice").start().service("extract").call("sub", "other").end()
    instance = started(deployed(model, folder))
    work(folder, "extract")

    ways = counted(folder)

    assert ways["workflow:invoice", "queue:extract", "set_up"] == (1, 0, True)
    assert ways["workflow:invoice", "workflow:other", "set_up"] == (1, 0, True)
    assert chart_of([folder.pk]).nodes["workflow", instance.workflow_id].n == 1


def test_items_that_a_bot_adds_to_another_queue_are_a_hidden_chain(folder):
    first, second = make_queue("a", folder=folder), make_queue("b", folder=folder)
    item = make_item(first)
    with in_the_course_of("item", item.pk):
        make_items(second, 3)
        make_items(first, 2)  # into its own queue: no chain

    assert counted(folder) == {("queue:a", "queue:b", "hidden"): (3, 0, False)}


def test_items_that_a_single_run_adds_are_one_too(folder):
    automation = make_automation(folder)
    run = make_run(automation, make_bot(folder))
    with in_the_course_of("run", run.pk):
        make_items(make_queue("b", folder=folder), 2)

    ways = counted(folder)

    assert ways[f"automation:{automation.key}", "queue:b", "hidden"] == (2, 0, False)


def test_what_a_step_hands_out_is_no_hidden_chain_whoever_brought_it_about(folder):
    item = make_item(make_queue("a", folder=folder))
    flow = deployed(process("p").start().service("extract").end(), folder)
    with in_the_course_of("item", item.pk):
        started(flow)

    assert [way for *_ends, way in counted(folder)] == ["set_up"]


def test_the_work_of_a_queue_and_its_failures_are_those_of_its_counts(folder):
    automation = make_automation(folder)
    queue = make_queue("a", folder=folder, automation=automation)
    hour = database_now().replace(minute=0, second=0, microsecond=0)
    for measure, n in (("successful", 90), ("application_exception", 8), ("lost", 2)):
        HourCount.objects.create(queue_id=queue.pk, hour=hour, measure=measure, n=n)

    ways = counted(folder)

    assert ways["queue:a", f"automation:{automation.key}", "set_up"] == (100, 10, True)
    assert chart_of([folder.pk]).nodes["queue", queue.pk].is_bad


def test_runs_that_broke_are_counted_at_their_automation(folder):
    automation, bot = make_automation(folder), make_bot(folder)
    type(automation).objects.filter(pk=automation.pk).update(kind="run")
    make_run(automation, bot, ends="successful")
    make_run(automation, bot, ends="faulted")
    counted(folder)

    node = chart_of([folder.pk]).nodes["automation", automation.pk]
    assert (node.n, node.failed) == (2, 1)


def test_a_day_that_is_counted_again_is_counted_once(folder):
    queue = make_queue("b", folder=folder)
    with in_the_course_of("item", make_item(make_queue("a", folder=folder)).pk):
        make_items(queue, 3)
    first = counted(folder)

    assert counted(folder) == first
    assert Flow.objects.filter(way="hidden").count() == 1


def test_days_are_those_on_which_things_came_whatever_their_number(folder):
    """Found by halving the numbers: a day in the middle is counted by itself."""
    first, second = make_queue("a", folder=folder), make_queue("b", folder=folder)
    with in_the_course_of("item", make_item(first).pk):
        ids = make_items(second, 9)
    for pk, days in zip(ids, (5, 5, 5, 3, 3, 3, 3, 0, 0), strict=True):
        moment = database_now() - timedelta(days=days)
        WorkItem.objects.filter(pk=pk).update(entered_at=moment)
    WorkItem.objects.filter(queue=first).update(entered_at=database_now() - timedelta(days=6))

    while count_days(limit=10) > 2:
        pass

    days = Flow.objects.filter(way="hidden").order_by("day").values_list("n", flat=True)
    assert list(days) == [3, 4, 2]
    assert FlowDay.objects.filter(is_final=True).count() == DAYS - 1


def test_what_is_older_than_a_month_is_left_out_and_dropped(folder):
    first, second = make_queue("a", folder=folder), make_queue("b", folder=folder)
    for days in (DAYS - 1, DAYS + 5):
        Flow.objects.create(
            day=today() - timedelta(days=days), source_kind="queue", source_id=first.pk,
            target_kind="queue", target_id=second.pk, way="hidden", n=10,
        )  # fmt: skip

    assert counted(folder)["queue:a", "queue:b", "hidden"][0] == 10
    count_days()
    assert Flow.objects.filter(way="hidden").count() == 1


def test_a_diagram_is_read_once_and_the_latest_alone_counts(folder):
    flow = deployed(process("p").start().service("old").end(), folder)
    assert read_diagrams() == 1
    assert read_diagrams() == 0
    deployed(process("p").start().service("new").end(), folder)
    assert read_diagrams() == 1

    assert Drawn.objects.get().queues == ["new"]
    assert Workflow.objects.get().pk == flow.pk


def test_a_diagram_that_cannot_be_read_leaves_the_others_alone(folder):
    bad = deployed(process("bad").start().service("x").end(), folder)
    bad.versions.update(xml="<no")
    deployed(process("good").start().service("y").end(), folder)

    assert read_diagrams() == 2
    assert sorted(map(len, Drawn.objects.values_list("queues", flat=True))) == [0, 1]


def test_other_folders_are_not_on_it(folder):
    hidden, ours = make_queue("b", folder=make_folder()), make_queue("a", folder=folder)
    with in_the_course_of("item", make_item(ours).pk):
        make_items(hidden, 3)

    assert counted(folder) == {}
    assert [node.name for node in chart_of([folder.pk]).nodes.values()] == ["a"]


def chain_of(n: int) -> tuple[dict, list]:
    nodes = {
        ("queue", pk): Node("queue", pk, f"Queue {pk}", f"q-{pk}", 1, n=pk) for pk in range(1, n)
    }
    return nodes, []


def test_names_find_a_thing_with_all_that_leads_to_it_and_comes_of_it(folder):
    automation = make_automation(folder)
    first = make_queue("first", folder=folder, automation=automation)
    make_trigger(folder, "nightly", target=adds_to(first))
    make_trigger(folder, "weekly", target=adds_to(make_queue("second", folder=folder)))
    chart = chart_of([folder.pk])

    def names(**said) -> set[str]:
        return {node.name for node in part_of(chart, MapFilter(**said)).nodes}

    assert names(q="FIRST") == {"first", "nightly", automation.key}
    assert names(q="weekly") == {"weekly", "second"}
    assert names(q="nothing") == set()
    assert names(show="hidden") == set()


def test_a_layer_shows_those_with_the_most_and_says_how_many_are_left_out():
    from apps.landscape.charting import Chart

    nodes, _edges = chain_of(MAX_IN_LAYER + 11)
    part = part_of(Chart(nodes=nodes), MapFilter())

    assert len(part.nodes) == MAX_IN_LAYER
    assert part.left_out == {"queue": 10}
    assert min(node.n for node in part.nodes) == 11


def test_boxes_of_a_drawing_do_not_overlap_and_lie_within_it():
    kinds = ("trigger", "workflow", "queue", "automation", "application")
    nodes = [Node(kind, pk, f"{kind} {pk}" * 5, "k", 1) for kind in kinds for pk in range(12)]
    edges = [Edge(one, other, n=10**9) for one in nodes[::3] for other in nodes[::7]]

    drawing = draw(nodes, edges)

    places = {(box.x, box.y) for box in drawing.boxes}
    assert len(places) == len(nodes)
    assert max(box.x for box in drawing.boxes) + drawing.box_width <= drawing.width
    assert max(box.y for box in drawing.boxes) + drawing.box_height <= drawing.height
    assert {float(line.width) for line in drawing.lines} == {6.0}
    assert all(len(box.label) <= 22 for box in drawing.boxes)


def test_the_page_draws_it_and_says_the_same_in_a_table(folder, supervisor_client):
    first, second = make_queue("a", folder=folder), make_queue("b", folder=folder)
    with in_the_course_of("item", make_item(first).pk):
        make_items(second, 1_234)
    counted(folder)

    page = supervisor_client.get("/map/").content.decode()

    assert page.count('class="map-box') == 2
    assert page.count('class="is-hidden"') == 1
    assert "1 hidden chain" in page
    assert re.search(r"<td[^>]*>1,234</td>", page)
    assert f'href="/queues/{second.pk}/"' in page
    assert "Nothing fits" in supervisor_client.get("/map/?q=zzz").content.decode()


@pytest.mark.parametrize(
    "query",
    ["q=" + "x" * 10_000, "q=%00", "folder=-1", "folder=99999999999999999999", "show=lost",
     "folder=%F0%9F%98%80", "q=%ED%A0%80", "q=<script>", "&&&==="],
)  # fmt: skip
def test_nonsense_in_the_filter_is_no_fault(folder, supervisor_client, query):
    make_queue("a", folder=folder)

    answer = supervisor_client.get(f"/map/?{query}")

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().partition("<main")[2].partition("</main")[0]


def test_an_empty_room_says_what_will_be_there(supervisor_client):
    assert "Nothing to draw yet" in supervisor_client.get("/map/").content.decode()


def test_a_folder_that_one_may_not_see_is_not_shown_by_asking_for_it(folder, supervisor_client):
    secret = make_queue("secret", folder=make_folder())
    make_queue("ours", folder=folder)

    page = supervisor_client.get(f"/map/?folder={secret.folder_id}").content.decode()

    assert "Ours" in page
    assert "Secret" not in page


@pytest.mark.parametrize("role", Role.values)
def test_everybody_who_sees_a_folder_sees_its_map(folder, client_of, role):
    make_queue("a", folder=folder)

    assert client_of(make_person(role=role, folder=folder)).get("/map/").status_code == 200


def test_the_page_takes_the_same_queries_however_much_there_is(folder, supervisor_client):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            supervisor_client.get("/map/")
        return len(seen)

    make_queue("a", folder=folder)
    queries()
    few = queries()
    automation = make_automation(folder)
    for number in range(20):
        queue = make_queue(f"q-{number}", folder=folder, automation=automation)
        make_trigger(folder, f"t-{number}", target=adds_to(queue))

    assert queries() <= few


def test_a_leased_item_is_not_counted_as_done(folder):
    automation = make_automation(folder)
    queue = make_queue("a", folder=folder, automation=automation)
    make_items(queue, 2)
    lease_items(queue.pk, n=2, bot="Outside")

    assert counted(folder)["queue:a", f"automation:{automation.key}", "set_up"] == (0, 0, True)
