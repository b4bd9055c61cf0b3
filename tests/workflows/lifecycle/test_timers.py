"""Timers fire by the database's clock: of steps, of starts, again and again."""

import pytest
from django.db import connection

from apps.workflows import lifecycle
from apps.workflows.models import StartSubscription, Subscription, WorkflowInstance
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    deliver,
    deployed,
    reloaded,
    stands_at,
    started,
    work,
)
from tests.workflows.models import process, timer

pytestmark = pytest.mark.django_db


def let_pass(interval, table="subscription"):
    """Let time pass: what is due later is due earlier by that."""
    with connection.cursor() as cursor:
        cursor.execute(f"update workflows_{table} set due_at = due_at - %s::interval", [interval])
    fired = lifecycle.fire_due_timers()
    deliver()
    return fired


def test_a_timer_fires_when_it_is_due_and_not_before():
    instance = started(deployed(process("p").start().catch("wait", timer(duration="PT1H")).end()))

    assert let_pass("59 minutes") == 0
    assert reloaded(instance).status == "running"
    assert let_pass("1 minute") == 1

    assert reloaded(instance).status == "completed"
    assert_consistent()


def test_a_boundary_timer_interrupts_and_takes_the_work_back():
    from apps.queues.models import Ended

    folder = make_folder()
    model = (
        process("p").start().service("slow").end()
        .boundary("slow", "late", timer(duration="PT10M")).service("escalate").end("escalated")
    )  # fmt: skip
    instance = started(deployed(model, folder))

    let_pass("10 minutes")

    assert stands_at(instance) == ["escalate"]
    assert Ended.objects.get().status == "cancelled"
    assert work(folder, "slow") == 0
    assert_consistent()


def test_a_repeating_timer_that_does_not_interrupt_fires_as_often_as_it_says():
    folder = make_folder()
    model = (
        process("p").start().service("slow").end()
        .boundary("slow", "nag", timer(cycle="R2/PT10M"), interrupts=False)
        .service("remind").end("reminded")
    )  # fmt: skip
    instance = started(deployed(model, folder))

    assert [let_pass("10 minutes") for _ in range(3)] == [1, 1, 0]

    assert stands_at(instance) == ["remind", "remind", "slow"]
    assert_consistent()


def test_a_timer_stands_still_while_its_instance_is_paused():
    instance = started(deployed(process("p").start().catch("wait", timer(duration="PT1H")).end()))
    lifecycle.pause_instance(instance, by=ANNA, reason="month end")

    assert let_pass("2 hours") == 0
    with connection.cursor() as cursor:  # it was paused for two hours
        cursor.execute("update workflows_workflowinstance set paused_at = now() - interval '2 h'")
    lifecycle.resume_instance(instance, by=ANNA, reason="done")

    left = Subscription.objects.get(instance=instance)
    assert left.held_until is None
    assert let_pass("2 hours") == 0
    assert let_pass("61 minutes") == 1
    assert reloaded(instance).status == "completed"


def test_a_date_does_not_move_while_its_instance_is_paused():
    model = process("p").start().catch("wait", timer(date="2001-01-01T00:00:00Z")).end()
    instance = started(deployed(model))
    due_at = Subscription.objects.get(instance=instance).due_at
    lifecycle.pause_instance(instance, by=ANNA, reason="month end")
    assert lifecycle.fire_due_timers() == 0

    lifecycle.resume_instance(instance, by=ANNA, reason="done")

    assert Subscription.objects.get(instance=instance).due_at == due_at
    assert lifecycle.fire_due_timers() == 1


def test_a_timer_start_starts_instances_again_and_again():
    folder = make_folder()
    model = process("nightly").start("start", timer(cycle="R/PT1H")).service("sum").end()
    workflow = deployed(model, folder)

    assert let_pass("1 hour", "startsubscription") == 1
    assert let_pass("1 hour", "startsubscription") == 1
    assert let_pass("10 minutes", "startsubscription") == 0

    assert WorkflowInstance.objects.filter(workflow=workflow).count() == 2


def test_starts_that_were_missed_are_made_up_for_by_one():
    deployed(process("nightly").start("start", timer(cycle="R/PT1H")).service("sum").end())

    let_pass("10 hours", "startsubscription")
    let_pass("1 minute", "startsubscription")

    assert WorkflowInstance.objects.count() == 1


def test_only_the_newest_version_starts_by_itself():
    folder = make_folder()
    deployed(process("p").start("start", timer(cycle="R/PT1H")).service("old").end(), folder)
    workflow = deployed(process("p").start().service("new").end(), folder)

    assert let_pass("1 hour", "startsubscription") == 0
    assert not StartSubscription.objects.filter(workflow=workflow).exists()
