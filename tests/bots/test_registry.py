"""Automations by name, their rows and versions, and jobs that may not name anything else."""

import dataclasses

import pytest
from rq.exceptions import DeserializationError

from apps.accounts.models import Folder
from apps.bots import registry
from apps.bots.exceptions import UnknownAutomationError
from apps.bots.models import Automation
from apps.bots.registry import automation, find_automation
from apps.bots.releases import sync_automations
from apps.bots.transport import BELL, NotAllowedJobError, SafeJob
from tests.bots.workers import sample


def test_automations_of_installed_apps_are_known() -> None:
    noop = find_automation("bench.noop")

    assert noop.kind == "item"
    assert len(noop.fingerprint) == 64


def test_an_unknown_automation_says_what_to_do() -> None:
    with pytest.raises(UnknownAutomationError, match="Install its code"):
        find_automation("nobody.wrote.this")


def test_two_automations_can_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="Two automations"):

        @automation("bench.noop", title="Another")
        def another(item: object) -> None: ...


@pytest.mark.django_db
def test_a_release_follows_the_code_and_leaves_people_s_settings(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a released automation that a person has set up
    first = sample(folder, "test.work", max_item_seconds=7, title="Ours")
    assert sample(folder, "test.work").versions.count() == 1

    # when the code changes
    changed = dataclasses.replace(find_automation("test.work"), fingerprint="f" * 64)
    monkeypatch.setitem(registry._shelf.automations, "test.work", changed)
    sync_automations(folder, names={"test.work"})

    # then
    row = Automation.objects.get(pk=first.pk)
    assert (row.max_item_seconds, row.title) == (7, "Ours")
    assert [version.number for version in row.versions.all()] == [2, 1]
    assert row.current_version
    assert row.current_version.fingerprint == "f" * 64


@pytest.mark.django_db
def test_a_folder_gets_all_automations_but_the_examples(folder: Folder) -> None:
    made = {row.function for row in sync_automations(folder)}

    assert "test.work" in made
    assert "bench.noop" not in made
    assert [row.key for row in sync_automations(folder, names={"bench.noop"})] == ["bench-noop"]


def job_naming(data: bytes) -> SafeJob:
    job = SafeJob.__new__(SafeJob)
    SafeJob.__init__(job, id="x", connection=object(), serializer="rq.serializers.JSONSerializer")  # type: ignore[arg-type]
    job.restore(
        {
            b"data": data,
            b"success_callback_name": b"os.system",
            b"failure_callback_name": b"os.system",
            b"stopped_callback_name": b"os.system",
            b"webhooks": b'[{"url": "http://127.0.0.1/"}]',
        }
    )
    return job


def test_jobs_name_functions_of_the_list_only() -> None:
    allowed = job_naming(b'["%s", null, [1], {}]' % BELL.encode())

    assert allowed.func.__name__ == "execute_run"
    assert allowed.success_callback is None
    assert allowed.failure_callback is None
    assert allowed.stopped_callback is None
    assert allowed.webhooks == []


@pytest.mark.parametrize(
    "data",
    [
        b'["os.system", null, ["true"], {}]',
        b'["system", "os", ["true"], {}]',
        b'["apps.bots.transport.execute_run", {"a": 1}, [], {}]',
        b'["apps.bots.lifecycle.reap_lost_runs", null, [], {}]',
    ],
)
def test_other_jobs_are_refused(data: bytes) -> None:
    with pytest.raises(NotAllowedJobError):
        _ = job_naming(data).func


def test_a_pickle_is_not_read() -> None:
    with pytest.raises(DeserializationError):
        _ = job_naming(b"\x80\x04\x95").func
