"""What people do with groups, what it says to others, and what is refused."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.failures import lifecycle
from apps.failures.models import BusinessRule, FailureGroup
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError, NotFoundError
from apps.notices.models import Notice
from apps.queues.models import Attempt, WorkItem
from tests.factories import make_person
from tests.factories_queues import ANNA, make_queue, status_of

from .failing import DOWN, WRONG, fail, the_group

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def queue():
    return make_queue(max_attempts=1)


@pytest.fixture
def group(queue):
    fail(queue, DOWN)
    return the_group()


def last_sentence():
    return sentence_of(Event.objects.filter(subject_type="failure_group").latest("id"))


def test_who_is_given_a_failure_is_told_and_it_is_assigned(group):
    bea = make_person("bea", folder=group.folder)

    found = lifecycle.assign_group(group.pk, bea, by=ANNA)

    assert (found.status, found.owner) == ("assigned", bea)
    assert last_sentence() == "Anna gave it to Bea"
    assert Notice.objects.get(user=bea).title == f"A failure is yours: {group}"


def test_who_takes_a_failure_is_told_nothing(group):
    bea = make_person("bea", folder=group.folder)
    lifecycle.assign_group(group.pk, bea, by=bea.actor)
    assert not Notice.objects.exists()


def test_a_failure_that_nobody_has_any_more_is_new(group):
    bea = make_person("bea", folder=group.folder)
    lifecycle.assign_group(group.pk, bea, by=ANNA)
    found = lifecycle.assign_group(group.pk, None, by=ANNA)
    assert (found.status, found.owner) == ("new", None)
    assert last_sentence() == "Anna took it from Bea"


def test_a_failure_goes_to_nobody_who_may_not_see_it(group):
    with pytest.raises(InvalidError) as caught:
        lifecycle.assign_group(group.pk, make_person("eve"), by=ANNA)
    assert caught.value.fields[0].path == "owner"


def test_a_muted_failure_is_counted_and_comes_back_when_its_time_is_over(queue, group):
    lifecycle.mute_group(group.pk, database_now() + HOUR, by=ANNA, note="ERP moves")
    fail(queue, DOWN)
    assert lifecycle.wake_muted() == 0
    assert (the_group().status, the_group().count) == ("muted", 2)

    FailureGroup.objects.update(muted_until=database_now() - HOUR)

    assert lifecycle.wake_muted() == 1
    assert (the_group().status, the_group().muted_until) == ("new", None)
    assert lifecycle.wake_muted() == 0


def test_a_mute_is_ended_by_hand_and_what_has_an_owner_is_assigned(group):
    bea = make_person("bea", folder=group.folder)
    lifecycle.assign_group(group.pk, bea, by=ANNA)
    lifecycle.mute_group(group.pk, database_now() + HOUR, by=ANNA)
    assert lifecycle.unmute_group(group.pk, by=ANNA).status == "assigned"
    with pytest.raises(ConflictError):
        lifecycle.unmute_group(group.pk, by=ANNA)


@pytest.mark.parametrize("offset", [timedelta(0), -HOUR, timedelta(days=400)])
def test_a_mute_ends_in_the_future_and_within_a_year(group, offset):
    with pytest.raises(InvalidError) as caught:
        lifecycle.mute_group(group.pk, database_now() + offset, by=ANNA)
    assert caught.value.fields[0].path == "until"


def test_resolved_it_is_out_of_the_way_until_somebody_takes_it_up_again(group):
    found = lifecycle.resolve_group(group.pk, by=ANNA, note="Fixed in v15")
    assert (found.status, found.note) == ("resolved", "Fixed in v15")
    assert last_sentence() == "Anna resolved it: Fixed in v15"
    assert lifecycle.resolve_group(group.pk, by=ANNA).note == "Fixed in v15"

    assert lifecycle.reopen_group(group.pk, by=ANNA).status == "new"
    with pytest.raises(ConflictError):
        lifecycle.reopen_group(group.pk, by=ANNA)


def test_back_again_it_keeps_its_owner_and_its_runbook(queue, group):
    bea = make_person("bea", folder=group.folder)
    lifecycle.assign_group(group.pk, bea, by=ANNA)
    lifecycle.set_runbook(group.pk, "https://wiki.example.com/erp", by=ANNA)
    lifecycle.resolve_group(group.pk, by=ANNA)

    fail(queue, DOWN)

    found = the_group()
    assert (found.status, found.owner) == ("back", bea)
    assert found.runbook_url == "https://wiki.example.com/erp"
    assert last_sentence() == "It happened again after it was resolved"


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "ftp://x.example", "//x.example", "https://", "not an address"),
        *(
            "https://[::1",
            "https://x.example/a b",
            "https://x.example/\x07b",
            "https://" + "x" * 500,
        ),
    ],
)
def test_a_runbook_is_a_page(group, url):
    with pytest.raises(InvalidError) as caught:
        lifecycle.set_runbook(group.pk, url, by=ANNA)
    assert caught.value.fields[0].path == "runbook_url"


def test_notes_have_an_end(group):
    with pytest.raises(InvalidError) as caught:
        lifecycle.resolve_group(group.pk, by=ANNA, note="x" * 301)
    assert caught.value.fields[0].path == "note"


def test_nothing_is_done_to_a_group_that_is_gone(group):
    with pytest.raises(NotFoundError):
        lifecycle.resolve_group(group.pk + 1, by=ANNA)


# --- a data problem from now on


def test_declared_a_data_problem_it_asks_people_at_the_first_try(queue):
    queue.max_attempts = 3
    queue.save()
    (first,) = fail(queue, {**DOWN, "message": "Vendor 12 is blocked"})
    lifecycle.treat_as_business(the_group().pk, by=ANNA)

    (second,) = fail(queue, {**DOWN, "message": "Vendor 99 is blocked"})
    (third,) = fail(queue, DOWN)

    assert status_of(first) == "new"
    assert status_of(second) == "needs_decision"
    assert Attempt.objects.get(item_id=second).outcome == "business_exception"
    assert status_of(third) == "new"
    assert the_group(kind="business_exception").cause == BusinessRule.objects.get().cause


def test_it_holds_in_its_queue_alone(queue):
    other = make_queue(folder=queue.folder, max_attempts=3)
    fail(queue, DOWN)
    lifecycle.treat_as_business(the_group().pk, by=ANNA)
    (item,) = fail(other, DOWN)
    assert status_of(item) == "new"


def test_it_holds_for_what_differs_only_in_values_of_the_item(queue):
    from tests.factories_queues import make_items

    from .failing import end, group

    for name in ("Anna Berg", "Łukasz Şahin"):
        make_items(queue, 1, payload={"who": name})
        (item,) = end(queue, [{**DOWN, "message": f"No contract of {name}"}])
        group()
        if not BusinessRule.objects.exists():
            lifecycle.treat_as_business(the_group().pk, by=ANNA)
    assert Attempt.objects.get(item_id=item).outcome == "business_exception"


def test_a_result_handed_in_again_is_answered_as_finished(queue):
    from apps.queues.lifecycle import Result, finish_items, lease_items
    from tests.factories_queues import make_items

    fail(queue, DOWN)
    lifecycle.treat_as_business(the_group().pk, by=ANNA)
    make_items(queue, 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    result = Result(leased.id, leased.token, **DOWN)

    assert finish_items([result]).finished == [leased.id]
    assert finish_items([result]).finished == [leased.id]


def test_taken_back_bots_are_believed_again(queue):
    fail(queue, DOWN)
    group = the_group()
    lifecycle.treat_as_business(group.pk, by=ANNA)
    with pytest.raises(ConflictError):
        lifecycle.treat_as_business(group.pk, by=ANNA)

    lifecycle.treat_as_reported(group.pk, by=ANNA)

    (item,) = fail(queue, DOWN)
    assert Attempt.objects.get(item_id=item).outcome == "application_exception"
    with pytest.raises(ConflictError):
        lifecycle.treat_as_reported(group.pk, by=ANNA)


def test_what_is_a_data_problem_already_can_not_be_made_one(queue):
    fail(queue, WRONG)
    with pytest.raises(ConflictError):
        lifecycle.treat_as_business(the_group().pk, by=ANNA)


def test_results_that_went_well_ask_for_no_rule(queue):
    from apps.queues.lifecycle import Result, finish_items, lease_items
    from tests.factories_queues import make_items

    make_items(queue, 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        finish_items([Result(leased.id, leased.token, Attempt.Outcome.SUCCESSFUL)])
    assert not [sql for sql in seen if "failures_" in sql]
    assert WorkItem.objects.count() == 1
