"""An agent at work in a real room: a real bot, the stub model, and a page that looks on."""

import json

import pytest
from playwright.sync_api import expect

from tests.ai.stub_model import StubModel
from tests.browsing import assert_accessible
from tests.rooms import RunningRoom

PATIENCE = 30_000

SET_UP = """
from apps.accounts.models import Folder
from apps.ai.models import AgentProfile, ModelEndpoint
from apps.bots.releases import sync_automations
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import WorkQueue
folder = Folder.objects.get(demo_setting__isnull=False)
endpoint = ModelEndpoint.objects.create(
    folder=folder, key="live", title="Live", base_url={url!r}, model="stub-1"
)
AgentProfile.objects.create(
    folder=folder, key="live", title="Adder", goal="Add up.", endpoint=endpoint,
    tools=["calculate"], result_schema={schema!r},
)
(automation,) = sync_automations(folder, names={{"ai.agent"}})
queue = WorkQueue.objects.create(folder=folder, key="adding", title="Adding", automation=automation)
items = [NewItem({{"amount": 1, "ai": {{"agent": "live"}}}})]
print(add_items(queue, items, origin="api", by=SYSTEM, all_or_nothing=True).ids[0])
"""
RESULT = {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "number"}}}


@pytest.fixture
def item(running_room: RunningRoom, stub_model: StubModel) -> int:
    """An item that a bot of the room takes up at once, for an agent whose model is the stub."""
    code = SET_UP.format(url=stub_model.url, schema=RESULT)
    return int(running_room.manage("shell", "-v0", "-c", code).split()[-1])


def test_a_transcript_grows_on_the_page_while_a_bot_works(
    page_of, running_room, stub_model, request
):
    stub_model.calls_tools(("calculate", {"expression": "1 + 2"}), content="Let me see.")
    gate = stub_model.hangs()
    item = request.getfixturevalue("item")
    stub_model.wait_for_call(2)

    page = page_of("sam")
    page.goto("/ai/agents/")
    row = page.locator("tr", has_text=f"#{item}")
    expect(row).to_contain_text("At work")
    row.get_by_role("link").first.click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn", has_text="Let me see.")).to_contain_text("calculate")
    page.evaluate("window.wasNotReloaded = true")

    done = {"values": {"sum": 3}, "confidence": {"sum": 1}}
    last = {"id": "x", "function": {"name": "finish", "arguments": json.dumps(done)}}
    gate.body = json.dumps({"choices": [{"message": {"tool_calls": [last]}}]}).encode()
    gate.open()

    expect(page.locator(".item-head .status")).to_have_text("Finished", timeout=PATIENCE)
    expect(page.locator(".turn")).to_have_count(3)
    expect(page.locator("#output")).to_contain_text('"sum": 3')
    assert page.evaluate("window.wasNotReloaded")
    assert_accessible(page)
