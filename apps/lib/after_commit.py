"""What follows a change must wait for its commit, and must not be able to undo it."""

from collections.abc import Callable

from django.db import connection, transaction


def after_commit(follow_up: Callable[[], object]) -> None:
    """Call `follow_up` after the current transaction commits; at once when there is none.

    An error in it after a commit is logged, and neither fails the change nor silences the other
    follow-ups. Safe in an event loop, where Django's connection must not be opened.
    """
    if connection.in_atomic_block:
        transaction.on_commit(follow_up, robust=True)
    else:
        follow_up()
