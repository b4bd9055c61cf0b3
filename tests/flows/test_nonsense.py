"""Whatever stands in an address, the answer is a page or a refusal in words, never a breakdown."""

import json

import pytest

from tests.flows.test_every_page import PAGES

SWEEP = """
import json
from tests.flows import sweeps
asker = sweeps.{sweep}
print()
print(json.dumps({{"asked": asker.asked, "faults": asker.faults}}))
"""


@pytest.fixture
def swept(running_room):
    def run(sweep: str) -> dict:
        said = running_room.manage("shell", "-v0", "-c", SWEEP.format(sweep=sweep))
        return json.loads(said.splitlines()[-1])

    return run


@pytest.mark.parametrize("sweep", ["queries", "places"])
def test_no_address_of_a_page_breaks_down(swept, numbers, sweep):
    found = swept(f"{sweep}({numbers!r}, {PAGES!r})")

    assert found["faults"] == []
    assert found["asked"] > 400


def test_no_call_of_the_api_breaks_down(swept):
    found = swept("calls()")

    assert found["faults"] == []
    assert found["asked"] > 400
