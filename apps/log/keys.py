"""Where in the log something stands: a time to the microsecond, and a number among equals."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
A_MICROSECOND: Final = timedelta(microseconds=1)
# numbers below zero are of visits, which are not lines; 17 digits are the year 5138
_WRITTEN: Final = re.compile(r"([0-9]{1,17})\.(-?[0-9]{1,18})", re.ASCII)


class Key(NamedTuple):
    """The place of a line. All lines are in the order of their keys."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // A_MICROSECOND}.{self.id}"


BEFORE_ALL: Final = Key(EPOCH, -(2**62))
AFTER_ALL: Final = Key(datetime(9000, 1, 1, tzinfo=UTC), 2**62)


def read_key(text: str, field: str) -> Key:
    """Return the place that an address or a cursor names. Raises InvalidError at `field`."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        message = _("is no place in the log")
        raise InvalidError(f"{field}: {message}.", fields=[FieldProblem(field, message)])
    return Key(EPOCH + int(found[1]) * A_MICROSECOND, int(found[2]))
