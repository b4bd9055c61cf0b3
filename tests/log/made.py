"""Lines for tests, said as bots say them, and what a page shows of them."""

import re
from datetime import UTC, datetime
from typing import Any

from apps.accounts.models import Folder
from apps.bots.logs import Line, Speaker, append_log
from apps.bots.models import LogLine
from apps.log.asking import LogFilter
from apps.log.keys import Key
from apps.log.scopes import Scope, scope_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SPEAKERS = ("run_id", "bot_id")


def say(folder: Folder | int, *messages: str, **line: Any) -> list[LogLine]:
    """Say this in a folder, in one write; return the lines."""
    folder_id = folder if isinstance(folder, int) else folder.pk
    who = {name: line.pop(name) for name in SPEAKERS if name in line}
    before = newest_id()
    append_log(Speaker(folder_id=folder_id, **who), [Line(message, **line) for message in messages])
    return list(LogLine.objects.filter(id__gt=before).order_by("id"))


def say_at(folder: Folder, moments: list[datetime], **values: Any) -> list[Key]:
    """Have lines stand in the table that were said then: "0", "1" and so on."""
    rows = [
        LogLine(folder_id=folder.pk, at=at, message=str(n), **values)
        for n, at in enumerate(moments)
    ]
    LogLine.objects.bulk_create(rows)
    found = LogLine.objects.filter(folder_id=folder.pk).order_by("id")
    return [Key(line.at, line.id) for line in found][-len(moments) :]


def newest_id() -> int:
    newest = LogLine.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def scope(folder: Folder, **said: str) -> Scope:
    return scope_of(LogFilter.parse(said), {folder.pk})


def shown(html: str) -> list[str]:
    """Return the messages of the lines on a page."""
    return [each.strip() for each in re.findall(r'class="log-text">([^<]*)', html)]
