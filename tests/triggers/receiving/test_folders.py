"""Files that are dropped into watched folders start something once each, and nothing leads out."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from apps.queues.models import ItemFile
from apps.triggers.lifecycle import pause_trigger, resume_trigger, start_waiting
from apps.triggers.models import Delivery, Firing
from apps.triggers.receiving import folders, watching
from apps.triggers.receiving.accepting import redeliver
from apps.triggers.receiving.folders import Found, Settling
from apps.triggers.receiving.refusals import RefusedError
from apps.triggers.receiving.upkeep import look_into_folders
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import adds_to, fresh, make_trigger
from tests.triggers.receiving.callers import contents, deliveries_of, items_in, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop(tmp_path: Path, settings) -> Path:
    """The folder `in` below WATCHED_DIR."""
    settings.WATCHED_DIR = tmp_path / "watched"
    settings.MEDIA_ROOT = tmp_path / "files"
    watching._settling.clear()
    found = tmp_path / "watched" / "in"
    found.mkdir(parents=True)
    return found


@pytest.fixture
def at_once(monkeypatch) -> None:
    """Files have settled as soon as they are seen a second time."""
    monkeypatch.setattr(watching, "whole_number", lambda *_given: 0)


def watches(folder, queue=None, target=None, **said):
    rule = {"source": "file", "folder": "in", **said.pop("rule", {})}
    queue = queue or make_queue(folder=folder)
    target = target or adds_to(queue, name="{event.name}", path="{event.path}")
    return make_trigger(folder, kind="event", rule=rule, target=target, **said)


def names_in(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir())


def test_a_file_starts_something_once_is_attached_and_moved_away(folder, drop, at_once):
    trigger = watches(folder)
    (drop / "a.csv").write_text("1;2")

    assert look_into_folders() == 1
    assert look_into_folders() == 0

    (moved,) = (drop / "done").iterdir()
    assert names_in(drop) == ["done"]
    assert items_in(folder) == [{"name": "a.csv", "path": f"in/done/{moved.name}"}]
    assert contents() == [("a.csv", b"1;2")]
    assert ItemFile.objects.get().sha256 == hashlib.sha256(b"1;2").hexdigest()
    assert deliveries_of(trigger) == [("accepted", "")]


def test_only_files_of_the_pattern_are_taken_and_hidden_ones_never(folder, drop, at_once):
    watches(folder, rule={"pattern": "*.xml"})
    for name in ("a.xml", "b.csv", ".c.xml", "C.XML"):
        (drop / name).write_text("x")
    (drop / "d.xml").mkdir()

    look_into_folders()

    assert [item["name"] for item in items_in(folder)] == ["a.xml"]
    assert names_in(drop) == [".c.xml", "C.XML", "b.csv", "d.xml", "done"]


def test_a_file_that_is_still_written_waits_until_it_is_left_alone(folder, drop):
    """By what this process has seen of it, whatever its own time says."""
    a, b = Found("a", 1, 5, 1), Found("b", 1, 5, 2)
    settling = Settling()

    assert settling.settled([a, b], at=100.0, seconds=2) == []
    grown = Found("b", 2, 5, 2)
    assert settling.settled([a, grown], at=101.9, seconds=2) == []
    assert settling.settled([a, grown], at=102.0, seconds=2) == [a]
    assert settling.settled([grown], at=103.9, seconds=2) == [grown]
    assert settling.settled([a], at=104.0, seconds=2) == []


def test_the_first_look_never_takes_a_file(folder, drop):
    watches(folder, rule={"settle_seconds": 1})
    (drop / "a").write_text("x")
    os.utime(drop / "a", (1, 1))

    assert look_into_folders() == 0


def test_a_file_that_changes_while_it_is_read_is_looked_at_again(drop):
    (drop / "a").write_text("x")
    with folders.opened_folder(drop.parent, "in") as place:
        (found,) = folders.listed(place, "*")
        (drop / "a").write_text("more")
        with pytest.raises(RefusedError) as refused, folders.opened_file(place, found):
            pass

    assert refused.value.code == "changed"


def test_kept_files_are_remembered_and_new_ones_of_the_same_name_are_new(folder, drop, at_once):
    trigger = watches(folder, rule={"then": "keep"})
    (drop / "a").write_text("one")
    look_into_folders()
    watching._settling.clear()  # another process

    look_into_folders()
    assert (started(trigger), names_in(drop)) == (1, ["a"])
    assert items_in(folder) == [{"name": "a", "path": "in/a"}]

    (drop / "a").write_text("changed")
    look_into_folders()

    assert started(trigger) == 2
    assert list(fresh(trigger).seen["files"]) == ["a"]


def test_a_deleted_file_lives_on_with_its_item(folder, drop, at_once):
    watches(folder, rule={"then": "delete"})
    (drop / "a").write_text("x")

    look_into_folders()

    assert names_in(drop) == []
    assert contents() == [("a", b"x")]


def test_what_started_nothing_is_never_deleted(folder, drop, at_once):
    queue = make_queue(folder=folder)
    trigger = watches(folder, queue, rule={"then": "delete"})
    type(queue).objects.filter(pk=queue.pk).update(key="renamed")
    (drop / "a").write_text("x")

    look_into_folders()

    assert Firing.objects.get(trigger=trigger).outcome == "failed"
    assert len(names_in(drop / "done")) == 1


def test_who_dies_before_the_file_is_moved_starts_nothing_again(folder, drop, at_once, monkeypatch):
    trigger = watches(folder)
    (drop / "a").write_text("x")
    with monkeypatch.context() as dying:
        dying.setattr(folders, "move_away", lambda *_given: None)
        look_into_folders()
    assert names_in(drop) == ["a"]

    look_into_folders()

    assert started(trigger) == 1
    assert names_in(drop) == ["done"]
    assert len(items_in(folder)) == ItemFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_schedulers_take_each_file_once(folder, drop, at_once):
    trigger = watches(folder)
    for number in range(20):
        (drop / f"{number}").write_text("x")

    lookers = [threading.Thread(target=_look_and_close) for _ in range(4)]
    for each in lookers:
        each.start()
    for each in lookers:
        each.join()

    assert started(trigger) == 20
    assert len(items_in(folder)) == ItemFile.objects.count() == 20
    assert names_in(drop) == ["done"]


@pytest.mark.parametrize("place", ["folder", "below", "file", "hard_way"])
def test_links_lead_nowhere(folder, drop, at_once, tmp_path, place):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("hunter2")
    if place == "folder":
        drop.rmdir()
        drop.symlink_to(secret)
    elif place == "below":
        (drop / "done").symlink_to(secret)
        (drop / "a").write_text("x")
    else:
        (drop / "a").symlink_to(secret / "key" if place == "file" else "../../secret/key")
    trigger = watches(folder)

    look_into_folders()

    assert names_in(secret) == ["key"]
    assert all(content != b"hunter2" for _name, content in contents())
    if place == "folder":
        assert deliveries_of(trigger) == [("refused", "no_folder")]


def test_a_pipe_in_the_folder_holds_up_nobody(folder, drop, at_once):
    watches(folder)
    os.mkfifo(drop / "pipe")
    (drop / "a").write_text("x")

    assert look_into_folders() == 1


def test_a_file_too_large_for_an_item_is_refused_once_and_stays(folder, drop, at_once, settings):
    settings.MAX_FILE_BYTES = 2
    trigger = watches(folder)
    (drop / "a").write_text("xxx")

    look_into_folders()
    look_into_folders()

    assert (items_in(folder), names_in(drop)) == ([], ["a"])
    assert deliveries_of(trigger) == [("refused", "too_large")]


def test_a_filtered_file_stays_and_is_not_asked_about_again(folder, drop, at_once):
    trigger = watches(folder, rule={"filter": "event.size > 10"})
    (drop / "a").write_text("x")

    look_into_folders()
    look_into_folders()

    assert names_in(drop) == ["a"]
    assert deliveries_of(trigger) == [("refused", "filtered")]


def test_files_wait_while_the_trigger_is_paused(folder, drop, at_once):
    trigger = watches(folder)
    pause_trigger(trigger, by=ANNA)
    (drop / "a").write_text("x")
    look_into_folders()
    assert (names_in(drop), deliveries_of(trigger)) == (["a"], [])

    resume_trigger(fresh(trigger), by=ANNA)
    look_into_folders()

    assert [item["name"] for item in items_in(folder)] == ["a"]


def test_a_start_that_waits_gets_its_file_when_it_begins(folder, drop, at_once):
    queue = make_queue(folder=folder)
    trigger = watches(folder, queue, overlap="queue_one", rule={"then": "delete"})
    (drop / "a").write_text("first")
    look_into_folders()
    (drop / "b").write_text("second")
    look_into_folders()
    assert (len(items_in(folder)), names_in(drop)) == (1, ["b"])

    end_all(queue)
    start_waiting()
    look_into_folders()

    assert [item["name"] for item in items_in(folder)] == ["a", "b"]
    assert contents() == [("a", b"first"), ("b", b"second")]
    assert names_in(drop) == []
    assert started(trigger) == 2


def test_delivered_again_it_has_its_file_again(folder, drop, at_once):
    trigger = watches(folder)
    (drop / "a").write_text("x")
    look_into_folders()

    again = redeliver(Delivery.objects.get(trigger=trigger), by=ANNA)

    assert (again.attempt, again.by, again.outcome) == (2, "Anna", "accepted")
    assert contents() == [("a", b"x")] * 2


def test_one_folder_that_makes_trouble_does_not_hold_up_the_others(
    folder, drop, at_once, monkeypatch
):
    watches(folder, rule={"folder": "broken"})
    watches(folder)
    (drop / "a").write_text("x")
    usual = folders.listed
    monkeypatch.setattr(folders, "listed", lambda place, pattern: _trouble(place, pattern, usual))

    assert look_into_folders() == 1


def _trouble(place, pattern, usual):
    if Path(os.readlink(f"/proc/self/fd/{place}")).name == "broken":
        raise ValueError("a bug")
    return usual(place, pattern)


def end_all(queue):
    from apps.queues.lifecycle import cancel_item

    for pk in queue.items.values_list("pk", flat=True):
        cancel_item(pk, by=ANNA, reason="done")


def _look_and_close():
    from django.db import connections

    look_into_folders()
    connections.close_all()
