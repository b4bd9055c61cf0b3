"""Items that are the work of a step: whoever ends them, their owner hears of it."""

from datetime import timedelta

import pytest

from apps.events.models import Outbox
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    NewItem,
    Owner,
    OwnerPolicy,
    add_item,
    add_items,
    add_owned_items,
    begin_effect,
    cancel_item,
    complete_by_hand,
    finish_items,
    hold_item,
    lease_items,
    owned_items,
    reject_item,
    retry_item,
    skip_item,
)
from apps.queues.models import Lease, Owned, Parked, Ready, Scheduled, WorkItem
from apps.queues.upkeep import expire_items, promote_scheduled, reap_leases
from tests.factories_queues import ANNA, make_items, make_queue, status_of
from tests.queues.owned import INSTANCE, add_owned, lease_all, result_of, told_ends

pytestmark = pytest.mark.django_db


def test_items_of_many_queues_come_in_with_one_call():
    a, b = make_queue("a"), make_queue("b", sla_seconds=60)
    policy = OwnerPolicy(max_attempts=7, rules=[{"when": {"code": "X"}, "then": "skip"}])
    wanted = [
        (a, NewItem({"n": 1}, reference='say "a"', owner=Owner(1, 10))),
        (b, NewItem({"n": "ü\\'"}, priority=90, owner=Owner(2, 20, index=3, policy=policy))),
    ]

    added = add_owned_items(wanted, by=ANNA)

    first, second = WorkItem.objects.in_bulk(added.ids)[added.ids[0]], WorkItem.objects.last()
    assert added.rejected == []
    assert {item.pk for item in WorkItem.objects.all()} == set(added.ids)
    second = WorkItem.objects.get(pk=added.ids[1])
    assert (first.queue_id, first.payload, first.reference) == (a.pk, {"n": 1}, 'say "a"')
    assert (second.queue_id, second.payload, second.priority) == (b.pk, {"n": "ü\\'"}, 90)
    assert (first.origin, first.added_by, first.due_at) == ("workflow", "Anna", None)
    assert second.due_at is not None
    owned = Owned.objects.get(item_id=second.pk)
    assert (owned.owner_id, owned.token, owned.index) == (2, 20, 3)
    assert owned.policy == {"rules": policy.rules, "max_attempts": 7}
    assert Owned.objects.get(item_id=first.pk).policy is None
    assert status_of(first.pk) == status_of(second.pk) == "new"
    assert item_faults().faults == []
    assert [item.payload for item in lease_items(b.pk, n=5, bot="b")] == [{"n": "ü\\'"}]


def test_an_item_that_does_not_fit_is_rejected_alone():
    schema = {"type": "object", "required": ["total"]}
    queue = make_queue(payload_schema=schema)
    wanted = [
        (queue, NewItem({}, owner=Owner(1, 1))),
        (queue, NewItem({"total": 1}, owner=Owner(1, 2))),
    ]

    added = add_owned_items(wanted, by=SYSTEM)

    [rejected] = added.rejected
    assert added.ids[0] is None
    assert added.ids[1] == WorkItem.objects.get().pk
    assert (rejected.index, rejected.fields[0].path) == (0, "payload.total")


def test_a_reference_that_is_known_rejects_an_owned_item_whatever_the_queue_does_with_others():
    queue = make_queue(unique_reference="ignore")
    make_items(queue, reference="A")
    wanted = [
        (queue, NewItem({}, reference=name, owner=Owner(1, token)))
        for token, name in enumerate(["A", "B", "B", ""])
    ]

    added = add_owned_items(wanted, by=SYSTEM)

    assert [pk is None for pk in added.ids] == [True, False, True, False]
    assert [rejected.index for rejected in added.rejected] == [0, 2]
    assert added.rejected[0].fields[0].path == "reference"


def test_nothing_wanted_adds_nothing():
    assert add_owned_items([], by=SYSTEM).ids == []


def test_a_rule_that_could_not_be_used_is_refused_when_the_item_comes_in():
    policy = OwnerPolicy(rules=[{"then": "explode"}])

    with pytest.raises(InvalidError, match="must be one of"):
        add_owned(make_queue(), policy=policy)


def test_a_batch_by_copy_may_belong_to_somebody():
    queue = make_queue()
    news = [NewItem({"n": n}, owner=Owner(9, 4, index=n)) for n in range(3)]

    ids = add_items(queue, news, origin="workflow", by=SYSTEM, all_or_nothing=True).ids

    assert [(o.item_id, o.index) for o in owned_items(9, [4])] == list(
        zip(ids, range(3), strict=True)
    )


def test_a_single_item_can_not_belong_to_somebody():
    with pytest.raises(AssertionError):
        add_item(make_queue(), NewItem({}, owner=Owner(1, 1)), origin="api", by=SYSTEM)


def test_the_end_of_an_owned_item_is_told_with_its_output():
    queue = make_queue()
    own, plain = add_owned(queue)[0], make_items(queue)[0]
    results = [result_of(leased, output={"sum": 3}) for leased in lease_all(queue)]

    finished = finish_items(results)

    assert sorted(finished.finished) == sorted([own, plain])
    assert told_ends() == [
        {
            "id": own, "owner": INSTANCE, "token": 5, "index": None, "status": "successful",
            "output": {"sum": 3}, "error": "", "code": "", "message": "", "by": "",
        }
    ]  # fmt: skip


def test_ends_of_plain_items_are_told_to_nobody():
    queue = make_queue(on_business_exception="fail")
    first, second = make_items(queue, 2)
    leased = lease_all(queue)

    finish_items([result_of(leased[0]), result_of(leased[1], "business_exception")])

    assert {status_of(first), status_of(second)} == {"successful", "failed"}
    assert not Outbox.objects.exclude(kind="work_item.failed").exists()


def test_many_ends_are_told_in_several_rows():
    queue = make_queue()
    ids = add_owned(queue, 250)

    finish_items([result_of(leased) for leased in lease_all(queue, 250)])

    assert Outbox.objects.count() == 3
    assert [(item["id"], item["index"]) for item in told_ends()] == list(
        zip(ids, range(250), strict=True)
    )


def test_large_outputs_are_told_in_rows_of_their_own():
    queue = make_queue()
    add_owned(queue, 2)

    finish_items([result_of(leased, output="x" * 4_100_000) for leased in lease_all(queue)])

    assert Outbox.objects.count() == 2
    assert [len(item["output"]) for item in told_ends()] == [4_100_000] * 2


def test_without_a_rule_a_data_problem_fails_an_owned_item():
    queue = make_queue()  # the queue itself would ask a person
    (own,) = add_owned(queue)
    [leased] = lease_all(queue)

    finish_items([result_of(leased, "business_exception", code="NO_PO", message="No order.")])

    [told] = told_ends()
    assert status_of(own) == "failed"
    assert (told["status"], told["error"], told["code"]) == ("failed", "business", "NO_PO")
    assert told["message"] == "No order."


def test_without_a_rule_a_system_problem_is_tried_again_as_the_policy_says_and_then_fails():
    queue = make_queue(max_attempts=9, retry_delay_seconds=500)
    policy = OwnerPolicy(max_attempts=2, backoff="fixed", delay_seconds=1000.5)
    (own,) = add_owned(queue, policy=policy)
    [leased] = lease_all(queue)

    finish_items([result_of(leased, "application_exception")])
    later = Scheduled.objects.get(item_id=own)
    before = told_ends()
    retry_item(own, by=ANNA)
    for _ in range(2):
        [leased] = lease_all(queue)
        finish_items([result_of(leased, "application_exception", code="DOWN")])
        Scheduled.objects.update(available_at=database_now())
        promote_scheduled()

    assert 1000 < (later.available_at - database_now()).total_seconds() < 1102
    assert before == []
    [told] = told_ends()
    assert (told["error"], told["code"], told["status"]) == ("application", "DOWN", "failed")


@pytest.mark.parametrize(
    ("then", "status"), [("skip", "skipped"), ("fail", "failed"), ("person", "needs_decision")]
)
def test_the_rule_that_matches_decides(then, status):
    queue = make_queue()
    rules = [{"when": {"code": "OTHER"}, "then": "retry"}, {"when": {"code": "X"}, "then": then}]
    (own,) = add_owned(queue, policy=OwnerPolicy(rules=rules))
    [leased] = lease_all(queue)

    finish_items([result_of(leased, "business_exception", code="X")])

    assert status_of(own) == status
    assert [told["status"] for told in told_ends()] == ([] if then == "person" else [status])


def test_the_queues_own_rules_count_only_where_they_pause_the_queue():
    rules = [
        {"when": {"code": "LOGIN"}, "then": "pause_queue"},
        {"when": {"code": "X"}, "then": "person"},
    ]
    queue = make_queue(error_rules=rules)
    ids = add_owned(queue, 2)
    first, second = lease_all(queue)

    finish_items([result_of(first, "business_exception", code="X")])
    finish_items([result_of(second, "application_exception", code="LOGIN")])

    queue.refresh_from_db()
    assert [status_of(pk) for pk in ids] == ["failed", "new"]
    assert queue.is_paused


def test_an_item_that_is_lost_again_and_again_fails_and_says_so():
    queue = make_queue(lease_seconds=1)
    (own,) = add_owned(queue)
    for _ in range(3):
        lease_items(queue.pk, n=1, bot="bot-1")
        Lease.objects.update(expires_at=database_now() - timedelta(seconds=1))
        reap_leases()

    [told] = told_ends()
    assert (told["id"], told["status"], told["error"]) == (own, "failed", "lost")


def test_when_nobody_knows_whether_an_act_happened_a_person_is_asked_nevertheless():
    queue = make_queue()
    (own,) = add_owned(queue)
    [leased] = lease_all(queue)
    begin_effect(own, leased.token, "post")

    finish_items([result_of(leased, "application_exception")])

    assert status_of(own) == "needs_decision"
    assert told_ends() == []


@pytest.mark.parametrize(
    ("verb", "status"),
    [(skip_item, "skipped"), (cancel_item, "cancelled"), (reject_item, "failed")],
)
def test_what_people_end_is_told_with_their_name_and_reason(verb, status):
    (own,) = add_owned(make_queue())

    verb(own, by=ANNA, reason="Not ours")

    [told] = told_ends()
    assert (told["status"], told["by"], told["message"]) == (status, "Anna", "Not ours")
    assert (told["error"], told["code"], told["output"]) == ("", "", None)


def test_a_rejected_item_carries_what_the_bot_said_last():
    queue = make_queue()
    rules = [{"when": {"code": "NO_PO"}, "then": "person"}]
    (own,) = add_owned(queue, policy=OwnerPolicy(rules=rules))
    [leased] = lease_all(queue)
    finish_items([result_of(leased, "business_exception", code="NO_PO")])

    reject_item(own, by=ANNA, reason="Right so")

    [told] = told_ends()
    assert (told["error"], told["code"]) == ("business", "NO_PO")


def test_what_was_done_by_hand_is_told():
    (own,) = add_owned(make_queue())

    complete_by_hand(own, by=ANNA, reference="PO-1")

    [told] = told_ends()
    assert (told["status"], told["message"], told["by"]) == ("successful", "PO-1", "Anna")


def test_what_expires_is_told_wherever_it_waited():
    queue = make_queue()
    later = database_now() + timedelta(hours=1)
    ready, deferred, held = (
        add_owned(queue, expires_at=later, token=1)[0],
        add_owned(queue, expires_at=later + timedelta(hours=9), available_at=later, token=2)[0],
        add_owned(queue, expires_at=later, token=3)[0],
    )
    hold_item(held, by=ANNA, reason="wait")
    past = database_now() - timedelta(seconds=1)
    for place in (Scheduled, Parked):
        place.objects.update(expires_at=past)
    WorkItem.objects.filter(pk=ready).update(expires_at=past)
    Ready.objects.update(expires_at=past)

    expire_items()

    assert [(told["id"], told["status"]) for told in told_ends()] == [
        (pk, "expired") for pk in sorted([ready, deferred, held])
    ]
