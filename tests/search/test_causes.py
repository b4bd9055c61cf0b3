"""In the course of what something was made: noted once, by whoever makes it."""

import pytest

from apps.events.causes import in_the_course_of, note_causes
from apps.events.models import Cause
from apps.workflows.lifecycle import Starting, start_by_event
from tests.factories_queues import make_item, make_items, make_queue
from tests.workflows.patterns import deploy_pattern

pytestmark = pytest.mark.django_db


def noted():
    names = ("subject_type", "subject_id", "cause_type", "cause_id")
    return list(Cause.objects.order_by("subject_type", "subject_id").values_list(*names))


def test_what_is_made_while_a_bot_is_at_an_item_says_so(folder):
    queue = make_queue(folder=folder)
    with in_the_course_of("item", 77):
        one, many = make_item(queue), make_items(queue, 3)
    make_item(queue)

    assert noted() == [("item", pk, "item", 77) for pk in (one.pk, *many)]


def test_the_inner_course_counts_and_the_outer_one_comes_back():
    with in_the_course_of("run", 1):
        with in_the_course_of("item", 2):
            note_causes("item", [3])
        note_causes("item", [4])
    note_causes("item", [5])

    assert noted() == [("item", 3, "item", 2), ("item", 4, "run", 1)]


def test_what_was_there_already_keeps_what_made_it():
    with in_the_course_of("item", 1):
        note_causes("item", [3])
    with in_the_course_of("item", 2):
        note_causes("item", [3, 2])

    assert noted() == [("item", 3, "item", 1)]


def test_an_item_that_a_queue_knows_already_is_not_made_again(folder, api):
    make_queue("known", folder=folder, unique_reference="ignore")
    first = api.post("/queues/known/items", {"payload": {}, "reference": "A"}).json()
    again = api.post(
        "/queues/known/items", {"payload": {}, "reference": "A"}, X_Caused_By="item:9"
    ).json()

    assert (again["id"], noted()) == (first["id"], [])


def test_a_program_says_what_it_is_at(folder, admin, api):
    make_queue("in", folder=folder)
    deploy_pattern(folder, admin)
    at = {"X_Caused_By": "item:41"}
    number = {"variables": {"number": "R-1", "purpose": "Chairs", "amount": 5, "limit": 10}}

    item = api.post("/queues/in/items", {"payload": {}}, **at).json()["id"]
    batch = {"mode": "independent", "items": [{"payload": {}}, {"payload": {}}]}
    items = api.post("/queues/in/items/batch", batch, **at).json()["ids"]
    instance = api.post("/workflows/approval/instances", number, **at).json()["id"]

    made = [("instance", instance), *(("item", pk) for pk in [item, *items])]
    assert noted() == [(*each, "item", 41) for each in made]


@pytest.mark.parametrize(
    "said", ["", "item", "item:", "item:0", "item:-1", "item:x", "bot:1", "item:" + "9" * 30, "é"]
)
def test_what_a_program_can_not_be_at_is_refused(folder, api, said):
    make_queue("in", folder=folder)

    answer = api.post("/queues/in/items", {"payload": {}}, X_Caused_By=said)

    assert answer.status_code == 400
    assert "X-Caused-By" in answer.json()["detail"]
    assert not Cause.objects.exists()


def test_an_instance_that_a_message_or_signal_of_another_began_knows_which(folder, admin):
    workflow = deploy_pattern(folder, admin)
    version = workflow.versions.get()
    number = {"number": "R-1", "purpose": "Chairs", "amount": 5, "limit": 10}

    [pk] = start_by_event([Starting(version.pk, "", number, "Orders", 12)])
    start_by_event([Starting(version.pk, "", number, "Anna")])

    assert ("instance", pk, "instance", 12) in noted()
    assert [each[1] for each in noted() if each[0] == "instance"] == [pk]
