"""Reading much as of one moment, while the room goes on working."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment(*, read_only: bool = False) -> Iterator[None]:
    """All statements within, in one transaction, see what was committed before the first of them.

    Within a caller's transaction the snapshot's kind is not ours to choose: each then sees its own.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            kind = ", read only" if read_only else ""
            with connection.cursor() as cursor:
                cursor.execute(f"set transaction isolation level repeatable read{kind}")
        yield
