"""What somebody asks the log for: read once, refused at the door where it makes no sense."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic_core import PydanticCustomError

from apps.bots.models import MAX_CORRELATION, LogLine
from apps.lib.asking import Reader, read_fields, typed_text
from apps.lib.http import FIRST_YEAR, LAST_YEAR, parse_moment
from apps.lib.numbers import VERSIONS, whole_number

MAX_TEXT: Final = 200
MAX_NAME: Final = 200
MAX_TERMS: Final = 10
LEVELS: Final = tuple(LogLine.Level.values)
# "connection refused" in quotes is one term
_TERM: Final = re.compile(r'"([^"]*)"|(\S+)')
_HASH: Final = "#"

LABELS: Final = {
    "q": gettext_lazy("Text"),
    "level": gettext_lazy("Level"),
    "run": gettext_lazy("Run"),
    "item": gettext_lazy("Item"),
    "attempt": gettext_lazy("Try"),
    "instance": gettext_lazy("Instance"),
    "queue": gettext_lazy("Queue"),
    "bot": gettext_lazy("Bot"),
    "request": gettext_lazy("Correlation"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
}


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Its names are those of the address and of the API. "" and None: everything."""

    q: str = ""
    level: str = ""  # that level and worse
    run: int | None = None
    item: str = ""  # number or reference
    attempt: int | None = None
    instance: str = ""  # number or business key
    queue: str = ""  # number or key
    bot: str = ""  # number or name
    request: str = ""
    since: datetime | None = None
    until: datetime | None = None  # not including it

    @classmethod
    def parse(cls, said: Mapping[str, str]) -> "LogFilter":
        """Raises InvalidError, naming each field that makes no sense."""
        return cls(**read_fields(said, _READERS, LABELS))

    def query(self) -> str:
        """Return it as a query string, the same for the same filter."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return urlencode({
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in said.items()
            if value not in ("", None)
        })  # fmt: skip

    def but(self, **changes: Any) -> "LogFilter":
        return replace(self, **changes)

    @property
    def is_narrowed(self) -> bool:
        return self != LogFilter()

    @property
    def levels(self) -> list[str]:
        """The levels that are shown."""
        return list(LEVELS[LEVELS.index(self.level) :]) if self.level else list(LEVELS)

    @property
    def terms(self) -> list[str]:
        """What the text asks for: words, and in quotes sequences of them."""
        found = [quoted or plain for quoted, plain in _TERM.findall(self.q)]
        return [each for each in found if each][:MAX_TERMS]


def _text(text: str, most: int = MAX_NAME) -> str:
    return typed_text(text, most=most)


def _words(text: str) -> str:
    found = _text(text, MAX_TEXT)
    if not any(each.isalnum() for each in found):
        raise ValueError(_("has neither letters nor digits, so there is nothing to look for"))
    return found


def _correlation(text: str) -> str:
    return _text(text, MAX_CORRELATION)


def _level(text: str) -> str:
    if text not in LEVELS:
        raise ValueError(_("must be one of: %(known)s") % {"known": ", ".join(LEVELS)})
    return text


def _number(text: str, below: int = VERSIONS) -> int:
    found = whole_number(text.removeprefix(_HASH), below=below)
    if not found:
        raise ValueError(_("must be a whole number from 1 on"))
    return found


def _run(text: str) -> int:
    return _number(text, 2**63)


def _moment(text: str) -> datetime:
    """Read a time with its zone, or one without, as fields of pages send it, in the reader's."""
    try:
        found: datetime = parse_moment(text)
    except PydanticCustomError:
        found = _local(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(_("must be a time that things can happen at"))
    return found


def _local(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if len(text) <= MAX_NAME else None
        if found is not None and found.tzinfo is None and FIRST_YEAR <= found.year <= LAST_YEAR:
            return timezone.make_aware(found)
    except (ValueError, OverflowError):
        pass
    raise ValueError(_("must be a time, such as 2026-03-31T17:00:00+02:00"))


_READERS: Final[dict[str, Reader]] = {
    "q": _words,
    "level": _level,
    "run": _run,
    "item": _text,
    "attempt": _number,
    "instance": _text,
    "queue": _text,
    "bot": _text,
    "request": _correlation,
    "since": _moment,
    "until": _moment,
}
