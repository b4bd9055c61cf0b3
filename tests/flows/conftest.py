"""What flows look at, made once in the room that they share."""

import pytest

from tests.rooms import RunningRoom


@pytest.fixture(scope="session")
def numbers(running_room: RunningRoom) -> dict[str, int]:
    """Something to look at of each kind."""
    from tests.flows.test_every_page import FOUND_BY, SOMETHING_LEARNT, SOMETHING_TO_SEE

    running_room.manage("shell", "-c", SOMETHING_TO_SEE)
    running_room.manage("shell", "-c", SOMETHING_LEARNT)
    found = {kind: running_room.query(query) for kind, query in FOUND_BY.items()}
    missing = [kind for kind, rows in found.items() if not rows or rows[0][0] is None]
    assert not missing, f"nothing to look at: {missing}"
    return {kind: rows[0][0] for kind, rows in found.items()}
