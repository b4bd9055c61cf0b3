"""Counters to look at: a fragment per counter, whose row says in which folder it lies."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.permissions import rights_of
from apps.events import fragments, live
from apps.events.fragments import Audience, Step, data_fragment, fragment
from apps.events.models import Heartbeat
from tests.events.pages import in_thread

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Counters:
    """Rows that the test's fragments show, and a note of each rendering."""

    renderings: list[tuple[str, Audience]] = field(default_factory=list)
    before_rendering: Callable[[], None] = lambda: None

    def put(self, key: str, count: int, folder_id: int) -> None:
        Heartbeat.objects.update_or_create(
            name=f"counter:{key}", defaults={"details": {"count": count, "folder": folder_id}}
        )

    async def change(self, key: str, count: int, folder_id: int, *, silently: bool = False) -> None:
        await in_thread(lambda: self.put(key, count, folder_id))
        if not silently:
            await in_thread(lambda: live.nudge(f"counter:{key}"))

    def look(self, audience: Audience, arg: str) -> dict[str, Any] | None:
        self.before_rendering()
        self.renderings.append((arg, audience))
        row = Heartbeat.objects.filter(name=f"counter:{arg}").first()
        if row is None or row.details["folder"] not in audience.folder_ids("view"):
            return None
        return {"count": row.details["count"], "at": NOON}

    def lines_after(self, audience: Audience, arg: str, cursor: str) -> Step | None:
        """The numbers below the count are the lines; three are a step."""
        row = Heartbeat.objects.filter(name=f"counter:{arg}").first()
        if row is None or row.details["folder"] not in audience.folder_ids("view"):
            return None
        first, count = int(cursor or 0), row.details["count"]
        last = min(first + 3, count)
        lines = [{"n": number} for number in range(first, last)]
        return Step({"lines": lines} if lines else None, str(last), has_more=last < count)


@pytest.fixture
def counters(settings: Any) -> Iterator[Counters]:
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"].append(Path(__file__).parent / "templates")
    settings.TEMPLATES = templates
    registered, audiences_of = dict(fragments._fragments), fragments._audiences_of
    found = Counters()
    fragments.configure(
        audiences_of=lambda users: {user.pk: audience_of_person(user) for user in users}
    )
    fragment("test.counter", template="tests_events/counter.html#count", topics=("counter:{arg}",))(
        found.look
    )
    fragment("test.pair", template="tests_events/counter.html#pair", topics=("pair",))(
        lambda audience, arg: {"first": arg}
    )
    data_fragment("test.lines", topics=("counter:{arg}",))(found.lines_after)
    yield found
    fragments._fragments.clear()
    fragments._fragments.update(registered)
    fragments._audiences_of = audiences_of


def audience_of_person(user: Any) -> Audience | None:
    """Rights as in the product; who may see nothing at all is turned away."""
    rights = rights_of(user)
    language = user.language or "en"
    return Audience(rights, language, user.time_zone or "UTC") if rights.by_folder else None


@pytest.fixture(autouse=True)
def _own_sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins without the nudges and pauses of the one before."""
    sender = live.Sender()
    monkeypatch.setattr(live, "_sender", sender)
    yield
    sender.flush()
