"""In the course of what something is made: the item that a bot is at, the instance that sends.

Whoever works on something says so with `in_the_course_of`; whoever makes something (an item, an
instance, a run, a task) calls `note_causes` in the same transaction. What rows say already – the
step that owns an item, the firing of a trigger – is not said again.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.lib.errors import MalformedError
from apps.lib.numbers import whole_number

from .models import Cause

HEADER: Final = "X-Caused-By"
KINDS: Final = ("item", "instance", "run", "task")
ROWS_IN_A_STATEMENT: Final = 1_000
_SAID: Final = re.compile(rf"({'|'.join(KINDS)}):([0-9]{{1,19}})")


class Course(NamedTuple):
    kind: str
    pk: int


_now: ContextVar[Course | None] = ContextVar("in_the_course_of", default=None)


@contextmanager
def in_the_course_of(kind: str, pk: int) -> Iterator[None]:
    """What is made inside is noted as made in the course of this."""
    token = _now.set(Course(kind, pk))
    try:
        yield
    finally:
        _now.reset(token)


@contextmanager
def as_said_by(request: HttpRequest) -> Iterator[None]:
    """Believe a program that says what it is at: `X-Caused-By: item:123`.

    Raises MalformedError for anything else in that header. Whether there is such a thing, and who
    may see it, is asked when somebody reads it.
    """
    said = request.headers.get(HEADER)
    if said is None:
        yield
        return
    found = _SAID.fullmatch(said)
    number = whole_number(found[2]) if found else None
    if found is None or not number:
        raise MalformedError(
            _("%(name)s must name an item, an instance, a run or a task, such as item:123.")
            % {"name": HEADER}
        )
    with in_the_course_of(found[1], number):
        yield


def is_in_a_course() -> bool:
    """Whether `note_causes` would write something now: a single statement then needs more."""
    return _now.get() is not None


def note_causes(kind: str, pks: Iterable[int], *, cause: Course | None = None) -> None:
    """Note that these were made in the course of `cause`: of what is worked on now, if not given.

    To be called in the transaction that makes them. Nothing is written when nobody said anything.
    """
    course = cause or _now.get()
    if course is None:
        return
    rows = [
        Cause(subject_type=kind, subject_id=pk, cause_type=course.kind, cause_id=course.pk)
        for pk in pks
        if (kind, pk) != course
    ]
    # the first word counts: an item that was there already was not made now
    Cause.objects.bulk_create(rows, batch_size=ROWS_IN_A_STATEMENT, ignore_conflicts=True)
