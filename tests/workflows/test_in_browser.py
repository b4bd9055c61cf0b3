"""Diagrams in a real browser: shown, kept up to date, usable by keyboard, true to the table."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.rooms import RunningRoom

PATIENCE = 30_000

DEPLOY = """
from apps.accounts.models import Folder, User
from tests.workflows.patterns import start_approval
folder = Folder.objects.get(demo_setting__isnull=False)
print(start_approval(folder, User.objects.get(username="admin"), number={number!r}).pk)
"""
BROKEN = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="begin" />
    <bpmn:serviceTask id="unsaid" name="Do it" />
    <bpmn:sequenceFlow id="f" sourceRef="begin" targetRef="unsaid" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="h" bpmnElement="p">
    <bpmndi:BPMNShape id="begin_s" bpmnElement="begin">
      <dc:Bounds x="100" y="100" width="36" height="36" />
    </bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="unsaid_s" bpmnElement="unsaid">
      <dc:Bounds x="200" y="80" width="100" height="80" />
    </bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""


@pytest.fixture
def instance(running_room: RunningRoom, request: pytest.FixtureRequest) -> int:
    """An approval that waits for a person."""
    number = f"R-{request.node.name[:30]}"
    return int(running_room.manage("shell", "-v0", "-c", DEPLOY.format(number=number)).split()[-1])


def open_diagram(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("[data-diagram][data-ui-ready]").wait_for()


def element(page: Page, name: str):
    return page.locator(f".diagram [data-element-id='{name}']")


def counts(page: Page) -> dict[str, dict[str, str]]:
    """Return the counts that the diagram shows, by element and sort."""
    script = """() => {
      const shown = (overlay) => [...overlay.querySelectorAll("[data-count]")].map(
        (one) => [one.dataset.count, one.innerText.trim()]);
      return Object.fromEntries([...document.querySelectorAll(".djs-overlays")].map(
        (overlay) => [overlay.dataset.containerId, Object.fromEntries(shown(overlay))]));
    }"""
    return page.evaluate(script)


def test_the_diagram_shows_who_is_asked_and_moves_on_without_a_reload(
    page_of, running_room, instance
):
    page, inbox = page_of("admin"), page_of("sam")
    frames = record_frames(page)
    open_diagram(page, f"/instances/{instance}/")
    page.evaluate("window.wasNotReloaded = true")
    assert counts(page)["approve"] == {"person": "1"}
    expect(element(page, "approve")).to_have_class("djs-element djs-shape is-person")

    task = running_room.query("select id from inbox_usertask where instance_id = %s", instance)
    inbox.goto(f"/inbox/{task[0][0]}/")
    inbox.get_by_role("button", name="Approve").first.click()

    expect(page.locator(".diagram [data-count=running]")).to_be_visible(timeout=PATIENCE)
    assert counts(page)["carry_out"] == {"running": "1"}
    expect(page.locator(".standing")).to_contain_text("It is a bot's turn at “Carry it out”")
    expect(page.locator("tr", has_text="Approve the request").first).to_contain_text("Done")
    assert page.evaluate("window.wasNotReloaded")
    sent = [
        op["d"]["marks"] for frame in frames for op in frame["ops"] if "marks" in op.get("d", {})
    ]
    assert sent, "the counts came as data"
    assert all("start" not in marks for marks in sent), "what did not change was sent again"


def record_frames(page: Page) -> list[dict]:
    """Return a list that fills with the frames that the page's sockets hear."""
    frames: list[dict] = []

    def note(text) -> None:
        message = json.loads(text)
        if message.get("t") == "f":
            frames.append(message)

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return frames


def test_table_and_drawing_point_at_each_other(page_of, instance):
    page = page_of("sam")
    open_diagram(page, f"/instances/{instance}/")

    page.locator(".elements").get_by_role("button", name="Carry it out").press("Enter")
    expect(element(page, "carry_out")).to_have_class("djs-element djs-shape is-selected")

    element(page, "approve").locator(".djs-hit").first.click()
    expect(page.locator(".elements tr.is-marked")).to_contain_text("Approve the request")


def test_the_drawing_is_moved_by_keyboard_and_buttons(page_of, instance):
    page = page_of("sam")
    open_diagram(page, f"/instances/{instance}/")
    drawing = page.get_by_role("img", name="Diagram of Approval")
    before = viewport(page)

    page.get_by_role("button", name="Zoom in").press("Enter")
    assert viewport(page) != before
    page.get_by_role("button", name="Show all of it").press("Enter")
    assert viewport(page) == before
    drawing.focus()
    page.keyboard.press("Control+ArrowRight")
    assert viewport(page) != before


def viewport(page: Page) -> str:
    return page.locator(".diagram .viewport").get_attribute("transform") or ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_mark_of_bpmn_io_is_visible_and_not_covered(page_of, instance, theme):
    page = page_of("sam", color_scheme=theme)
    open_diagram(page, f"/instances/{instance}/")
    mark = page.locator(".bjs-powered-by")
    mark.scroll_into_view_if_needed()

    on_top = mark.evaluate("""(mark) => {
      const box = mark.getBoundingClientRect();
      const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return box.width > 30 && mark.contains(found);
    }""")

    assert on_top


def test_on_a_phone_the_diagram_waits_for_a_tap(page_of, instance):
    page = page_of("sam", viewport=PHONE)
    page.goto(f"/instances/{instance}/")
    expect(page.locator(".diagram svg.djs-none, .bjs-container")).to_have_count(0)

    page.get_by_role("button", name="Show the diagram").click()

    page.locator("[data-diagram][data-ui-ready]").wait_for()
    assert counts(page)["approve"] == {"person": "1"}
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_happened_before_the_drawing_was_opened_is_on_it(page_of, running_room, instance):
    page, inbox = page_of("sam", viewport=PHONE), page_of("sam")
    page.goto(f"/instances/{instance}/")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    task = running_room.query("select id from inbox_usertask where instance_id = %s", instance)
    inbox.goto(f"/inbox/{task[0][0]}/")
    inbox.get_by_role("button", name="Approve").first.click()
    expect(page.locator(".standing")).to_contain_text("“Carry it out”", timeout=PATIENCE)

    page.get_by_role("button", name="Show the diagram").click()

    expect(page.locator(".diagram [data-count=running]")).to_be_visible(timeout=PATIENCE)
    assert counts(page)["carry_out"] == {"running": "1"}
    assert "person" not in counts(page)["approve"]


def test_the_problems_of_a_refused_model_are_marked_on_its_drawing(page_of, tmp_path):
    path = tmp_path / "broken.bpmn"
    path.write_text(BROKEN)
    page = page_of("admin")
    page.goto("/workflows/upload/")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Check and deploy").click()

    page.locator("[data-diagram][data-ui-ready]").wait_for()
    expect(element(page, "unsaid")).to_have_class("djs-element djs-shape is-failed")
    expect(page.locator("tr", has_text="unsaid").first).to_contain_text("7")
    assert_accessible(page)


def test_a_pattern_is_deployed_and_started_by_clicks(page_of):
    page = page_of("admin")
    page.goto("/workflows/upload/")
    page.locator("#patterns li", has_text="AI with check").get_by_role("button").click()
    expect(page.get_by_role("heading", name="AI with check")).to_be_visible()
    page.get_by_role("link", name="Start an instance").click()
    page.get_by_label("Document").fill("scan-1.pdf")
    page.get_by_label("Business key").fill("SCAN-1")
    page.get_by_role("button", name="Start it").click()

    page.locator("[data-diagram][data-ui-ready]").wait_for()
    expect(page.get_by_role("heading", name="SCAN-1")).to_be_visible()
    assert counts(page)["read"] == {"running": "1"}


def test_pausing_asks_for_a_reason_and_is_shown_at_once(page_of, instance):
    page = page_of("sam")
    open_diagram(page, f"/instances/{instance}/")

    page.locator("[data-target='#verb-pause']").click()
    page.locator("#verb-pause").get_by_label("Reason").fill("The supplier called")
    page.locator("#verb-pause").get_by_role("button", name="Pause").click()

    expect(page.locator(".item-head")).to_contain_text("The supplier called")
    expect(page.locator(".item-head .status").first).to_contain_text("Paused")
