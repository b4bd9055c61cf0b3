"""When two failures are the same one: the fingerprint of a group.

What counts: what failed and how (`kind`), where (`place`: a queue, an automation, a step of a
workflow), the class and code of the error, what its messages have in common (see `normalising`),
and the version of what ran. The same without kind and version is the *cause*: it stays the same
when a new version is released, and when a system problem is declared to be a data problem.

Pure: no database, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from .normalising import HOLE, pattern_of

DIGEST_BYTES: Final = 16
# Codes that name no fault: what the message says counts as if there was none
SAYS_NOTHING: Final = frozenset(
    {
        *(
            "",
            "error",
            "err",
            "fail",
            "failed",
            "failure",
            "fault",
            "exception",
            "unknown",
            "other",
        ),
        *(
            "general",
            "generic",
            "default",
            "internal",
            "misc",
            "none",
            "null",
            "n/a",
            "-",
            "0",
            "1",
        ),
        *("application", "applicationexception", "application_exception", "system"),
        *("business", "businessexception", "business_exception", "exhausted", "lost"),
    }
)
# Classes of our own that say no more than the kind of problem
PLAIN_CLASSES: Final = frozenset({"BusinessException", "ApplicationException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is known of one failure. `values`: texts of its own item that may stand in the message.

    `place` is unique among all places: "queue:12", "workflow:3:approve".
    """

    folder_id: int
    kind: str
    place: str
    version: str = ""
    error_class: str = ""
    code: str = ""
    message: str = ""
    values: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Print:
    """Which group a failure belongs to, and the pattern that people read there."""

    fingerprint: str
    cause: str
    pattern: str


def print_of(fault: Fault) -> Print:
    """Return the fingerprint, the cause and the pattern; the same for the same fault, always."""
    is_coded = fault.code.strip().casefold() not in SAYS_NOTHING
    pattern = pattern_of(fault.message, values=fault.values, is_coded=is_coded)
    if is_coded and not pattern.strip(f"{HOLE} "):
        pattern = ""
    cause = cause_of(
        folder_id=fault.folder_id,
        place=fault.place,
        error_class=fault.error_class,
        code=fault.code,
        pattern=pattern,
    )
    return Print(_digest(cause, fault.kind, fault.version), cause, pattern)


def cause_of(*, folder_id: int, place: str, error_class: str, code: str, pattern: str) -> str:
    """Return what is the same in all versions, and whatever kind of problem it is taken for."""
    said = "" if error_class.rpartition(".")[2] in PLAIN_CLASSES else error_class.strip()
    return _digest(str(folder_id), place, said, code.strip(), pattern)


def _digest(*parts: str) -> str:
    # the separator can't stand in any of them: PostgreSQL stores no NUL
    return blake2b("\0".join(parts).encode(), digest_size=DIGEST_BYTES).hexdigest()
