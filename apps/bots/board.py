"""A few words of memory that a slot and its horse share: who wants it to stop, what is in hand."""

import mmap
import time
from enum import IntEnum

from django.utils.translation import gettext as _

WORD = 8
STOP, UNIT, UNIT_SINCE = range(3)


class StopCause(IntEnum):
    """Why a run is to end; 0 is "go on"."""

    NONE = 0
    REQUESTED = 1
    BOT_STANDING = 2
    SHUTDOWN = 3
    TIME_LIMIT = 4
    NOT_OURS = 5

    def sentence(self) -> str:
        return {
            StopCause.NONE: "",
            StopCause.REQUESTED: _("Stopped on request."),
            StopCause.BOT_STANDING: _("The bot may not go on working."),
            StopCause.SHUTDOWN: _("The bot was shut down."),
            StopCause.TIME_LIMIT: _("The run took longer than it may."),
            StopCause.NOT_OURS: _("The run was given up while its bot did not answer."),
        }[self]


class Board:
    """Made before the fork; reading and writing it costs no system call, and needs no server."""

    def __init__(self) -> None:
        self._words = memoryview(mmap.mmap(-1, 3 * WORD)).cast("q")

    @property
    def stop_cause(self) -> StopCause:
        return StopCause(self._words[STOP])

    def must_stop(self) -> bool:
        return self._words[STOP] != 0

    def ask_to_stop(self, cause: StopCause) -> None:
        """Ask the horse to end; the first cause stands."""
        if not self._words[STOP]:
            self._words[STOP] = cause

    def start_unit(self, unit_id: int) -> None:
        self._words[UNIT] = unit_id
        self._words[UNIT_SINCE] = time.monotonic_ns()

    @property
    def unit_in_hand(self) -> int:
        """The item that the horse works on, 0 when none."""
        return self._words[UNIT]

    @property
    def unit_seconds(self) -> float:
        """How long it has been in hand."""
        if not self._words[UNIT]:
            return 0.0
        return (time.monotonic_ns() - self._words[UNIT_SINCE]) / 1e9
