"""What runs by itself, what proves that rows fit together, and what a step may cost."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

from apps.workflows import lifecycle, upkeep
from apps.workflows.checks import instance_faults
from apps.workflows.engine import events
from apps.workflows.lifecycle.happenings import read_event, write_event
from apps.workflows.models import Token, WorkflowInstance
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
from tests.workflows.models import condition, message, process, terminate, timer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
TABLES = ["workflowinstance", "token", "scope", "subscription"]


@pytest.mark.parametrize(
    "event",
    [
        events.Started(at=NOW, variables={"a": [1, None]}, node="start"),
        events.ItemEnded(at=NOW, token=3, status="failed", output=None, error="business", code="E"),
        events.PassesEnded(at=NOW, token=3, results=[1, None, {"x": "ü"}], failed=1, code="E"),
        events.TaskDecided(at=NOW, token=3, decision="ok", values={"a": 1.5}, by="Anna"),
        events.Triggered(at=NOW, subscription=4, variables={}),
        events.ChildEnded(at=NOW, token=3, status="completed", variables={"a": True}),
        events.ChildEscalated(at=NOW, token=3, code="LOUD"),
        events.Repaired(at=NOW, token=3, how="throw", code="E", by="Anna"),
        events.VariablesSet(at=NOW, variables={"a": 1}, scope=2),
        events.Cancelled(at=NOW, reason="x", by="Anna"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_is_the_same_after_it_was_kept(event):
    import orjson

    kept = orjson.loads(orjson.dumps(write_event(event)))

    assert read_event(kept) == event


def test_the_check_finds_what_does_not_fit(capsys):
    instance = started(deployed(process("p").start().service("a").end()))
    call_command("check_instances")
    assert "all of a piece" in capsys.readouterr().out

    Token.objects.filter(instance=instance).update(scope=99)

    with pytest.raises(SystemExit):
        call_command("check_instances")
    assert "token in no scope" in capsys.readouterr().out
    Token.objects.filter(instance=instance).delete()
    faults = {fault for _subject, fault, _found in instance_faults().faults}
    assert {"nothing that could go on", "work that nobody waits for"} <= faults


def test_timers_fire_and_old_messages_go_by_themselves():
    instance = started(deployed(process("p").start().catch("now", timer(duration="PT0S")).end()))

    assert upkeep.fire_timers() == 1
    deliver()

    assert reloaded(instance).status == "completed"
    assert upkeep.drop_old_messages() == 0
    assert upkeep.make_partitions() == []


def test_a_conditional_start_event_starts_when_its_condition_holds():
    folder = make_folder()
    model = process("restock").start("start", condition("stock < 5")).service("order").end()
    workflow = deployed(model, folder)

    assert lifecycle.start_by_conditions(folder, {"stock": 9}, by=ANNA) == []
    (instance_id,) = lifecycle.start_by_conditions(folder, {"stock": 3}, by=ANNA)

    assert stands_at(WorkflowInstance.objects.get(pk=instance_id, workflow=workflow)) == ["order"]


def test_terminate_takes_back_the_work_of_the_other_branches():
    folder = make_folder()
    model = (
        process("p").start().parallel("fork").service("a").end("stop", terminate())
        .at("fork").service("b").end("b_end")
        .at("fork").user("ask").end("c_end")
    )  # fmt: skip
    instance = started(deployed(model, folder))

    work(folder, "a")

    assert reloaded(instance).status == "completed"
    assert work(folder, "b") == 0
    assert_consistent()


def test_a_step_reads_by_key_however_many_instances_wait():
    """Counts what PostgreSQL read in whole tables while a message, an item and a timer came."""
    folder = make_folder()
    model = (
        process("p").start().receive("wait", "go", "=key")
        .boundary("wait", "late", timer(duration="PT1H")).end("too_late")
        .at("wait").service("a").end()
    )  # fmt: skip
    workflow = deployed(model, folder)
    lifecycle.start_instances(workflow, [{"key": f"{n}"} for n in range(3_000)], by=ANNA)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    before = rows_read_in_whole_tables()

    lifecycle.publish_message(folder, "go", "1500", {}, by=ANNA)
    deliver()
    assert work(folder, "a") == 1
    with connection.cursor() as cursor:
        cursor.execute("update workflows_subscription set due_at = now() where instance_id ="
                       " (select max(instance_id) from workflows_subscription)")  # fmt: skip
    written = rows_read_in_whole_tables()
    assert lifecycle.fire_due_timers() == 1

    read = {name: n - before[name] for name, n in written.items()}
    assert read == dict.fromkeys(TABLES, 0)
    assert rows_read_in_whole_tables() == written


def rows_read_in_whole_tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "select substr(relname, 11), seq_tup_read from pg_stat_xact_user_tables"
            " where relname = any (%s)",
            [[f"workflows_{name}" for name in TABLES]],
        )
        return dict(cursor.fetchall())


def test_a_message_that_nobody_waits_for_any_more_stays_for_the_next(monkeypatch):
    """The one who listened is gone by the time that the message is brought."""
    folder = make_folder()
    workflow = deployed(process("p").start().receive("wait", "go", "=key").end(), folder)
    first, second = (started(workflow, key="K") for _ in range(2))
    lifecycle.publish_message(folder, "go", "K", {}, by=ANNA)

    lifecycle.cancel_instance(first, by=ANNA, reason="x")
    deliver()

    assert reloaded(second).status == "completed"


def test_who_throws_a_message_to_itself_hears_it():
    model = (
        process("p").start().parallel("fork").throw("say", message("go", "=key")).end("said")
        .at("fork").receive("hear", "go", "=key").end("heard")
    )  # fmt: skip
    instance = started(deployed(model), key="K")

    deliver()

    assert reloaded(instance).status == "completed"
    assert_consistent()
