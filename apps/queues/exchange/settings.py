"""How a file is read: what was asked for, and what was found out."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject

# More is asked for in several files
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 200
MAX_HEADER: Final = 200
DECIMALS: Final = (".", ",")
DAY_ORDERS: Final = ("dmy", "mdy")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What somebody asked for; "" where the file itself is to say it.

    `zone`: of times that name none. `then`: the mode in which it is confirmed once it is read, if
    it can be; "" waits for a person.
    """

    sheet: str = ""
    decimal: str = ""
    days: str = ""
    zone: str = "UTC"
    then: str = ""

    @classmethod
    def of(cls, stored: JsonObject) -> "Settings":
        return cls(**{name: str(stored.get(name, "")) for name in cls.__dataclass_fields__})

    def __post_init__(self) -> None:
        if "\x00" in self.sheet + self.zone:
            message = _("must not contain NUL characters")
            raise InvalidError(f"sheet: {message}.", fields=[FieldProblem("sheet", message)])
        for name, known in (("decimal", DECIMALS), ("days", DAY_ORDERS)):
            value = getattr(self, name)
            if value and value not in known:
                message = _("must be one of %(known)s") % {"known": " ".join(known)}
                raise InvalidError(f"{name}: {message}.", fields=[FieldProblem(name, message)])

    def stored(self) -> JsonObject:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the file turned out to be."""

    format: str  # csv or xlsx
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    header_row: int = 1
    decimal: str = "."
    days: str = "dmy"

    @classmethod
    def of(cls, stored: JsonObject) -> "Found":
        values: dict[str, Any] = {
            name: stored[name] for name in cls.__dataclass_fields__ if name in stored
        }
        return cls(**{"format": "csv", **values})

    def stored(self) -> JsonObject:
        return asdict(self)
