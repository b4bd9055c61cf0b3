"""Which tests must run in one process, when `-n 2` divides them: those that share a room.

(xdist's own `--dist loadgroup` relies on an attribute that pytest 9.2 no longer has.)
"""

import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from xdist.scheduler import LoadScopeScheduling

SHARED_FIXTURES = ("running_room", "lasting_room")


def write_groups(items: Iterable[pytest.Item]) -> None:
    """Write down, in a worker, which shared fixture each test uses."""
    groups = {
        item.nodeid: shared
        for item in items
        for shared in SHARED_FIXTURES
        if shared in getattr(item, "fixturenames", ())
    }
    path = _groups_file()
    fresh = path.with_suffix(f".{settings.WORKER}")
    fresh.write_text(json.dumps(groups))
    fresh.replace(path)


class GroupScheduling(LoadScopeScheduling):
    """Hand out tests one by one, but those of a group to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = self._groups.get(nodeid, nodeid)
        return group

    @cached_property
    def _groups(self) -> dict[str, Any]:
        """Read what the workers wrote; they have collected before anything is handed out."""
        found: dict[str, Any] = json.loads(_groups_file().read_text())
        return found


def _groups_file() -> Path:
    root: Path = settings.SERVERS_OF_THIS_RUN.root
    return root / "groups.json"
