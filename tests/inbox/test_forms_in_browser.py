"""Forms beside their evidence, in a real browser: fields, boxes, conditions, files."""

import json
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.papers import make_pdf, make_png
from tests.rooms import RunningRoom

pytestmark = pytest.mark.browser

FORM = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string", "title": "Invoice number", "x-order": 1},
        "total": {"type": "number", "title": "Total", "x-order": 2},
        "centre": {
            "title": "Cost centre",
            "x-order": 3,
            "oneOf": [{"const": "1", "title": "Office"}, {"const": "2", "title": "Travel"}],
        },
        "trip": {"type": "string", "title": "Where to", "x-show-if": {"centre": "2"}, "x-order": 4},
        "receipt": {"type": "string", "format": "x-file", "title": "Receipt", "x-order": 5},
    },
}
LONG = {
    f"f{number}": {"type": "string", "title": f"Odd {number}", "x-section": f"Part {number % 8}"}
    for number in range(200)
}
PDF = make_pdf(
    [
        [(60, 700, 12, "Invoice RE-7"), (400, 200, 12, "Total 1.203,50")],
        [(60, 700, 12, "Cost centre 1")],
    ]
)
SAID = {
    "total": {
        "value": 1203.5, "confidence": 0.62, "is_doubtful": True, "source": "Last line",
        "region": {"file": "invoice.pdf", "page": 1},
    },
    "centre": {
        "value": "1", "confidence": 0.48, "is_doubtful": True,
        "region": {"file": "invoice.pdf", "page": 2, "box": [0.1, 0.14, 0.3, 0.18]},
    },
    "number": {"value": "RE-7", "confidence": 0.98, "region": {"file": "note.txt", "page": 1}},
}  # fmt: skip
ASK = """
import base64, json
from django.core.files.base import ContentFile
from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM
from apps.inbox.models import UserTask
from apps.queues.files import attach
from apps.queues.lifecycle import NewItem, Result, add_item, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
given = json.loads({given!r})
queue = WorkQueue.objects.create(
    folder=Folder.objects.get(demo_setting__isnull=False), key=given["key"], title=given["key"],
    max_attempts=1, payload_schema=given["form"])
new = NewItem(payload=given["values"], reference=given["key"])
item = add_item(queue, new, origin="api", by=SYSTEM)
pdf = ContentFile(base64.b64decode(given["pdf"]), name="invoice.pdf")
attach(item, pdf, by=SYSTEM, content_type="application/pdf")
note = ContentFile(b"<i>Invoice</i> RE-7 by mail", name="note.txt")
attach(item, note, by=SYSTEM, content_type="text/plain")
leased, = lease_items(queue.pk, n=1, bot="tester")
finish_items([Result(leased.id, leased.token, Attempt.Outcome.BUSINESS_EXCEPTION, message="Look.")])
from apps.events.bus import deliver_outbox
deliver_outbox()
import time
for _ in range(100):
    task = UserTask.objects.filter(item_id=item.pk).first()
    if task: break
    time.sleep(0.2)
UserTask.objects.filter(pk=task.pk).update(predictions=given["predictions"])
print(task.pk)
"""
_keys = count(1)


@pytest.fixture
def ask(running_room: RunningRoom):
    """`ask(form, values, fields)`: the address of a task with these predictions and two files."""

    def make(form, values, fields) -> str:
        import base64

        given = {
            "key": f"papers-{next(_keys)}",
            "form": form,
            "values": values,
            "predictions": {"fields": fields},
            "pdf": base64.b64encode(PDF).decode(),
        }
        script = ASK.format(given=json.dumps(given))
        return f"/inbox/{running_room.manage('shell', '-c', script).split()[-1]}/"

    return make


def field(page: Page, name: str):
    return page.locator(f'[name="v/{name}"]')


def box(page: Page, path: str):
    return page.locator(f'[data-box-of="{path}"]')


def test_fields_and_places_on_pages_lead_to_each_other(ask, page_of):
    page = page_of("bea")
    page.goto(ask(FORM, {"number": "RE-7", "total": 1203.5, "centre": "1"}, SAID))

    # the pages come by themselves; the text was found as the document writes it
    expect(box(page, "total")).to_be_visible()
    assert "Please check: AI 62 % sure · Last line" in page.locator("#task-form").inner_text()
    assert_accessible(page, within="#task")

    _lead_from_field_to_place(page)
    _lead_from_place_to_field(page)
    _zoom_by_key(page)
    _change_values(page)
    _lead_to_another_file(page)


def _lead_from_field_to_place(page: Page) -> None:
    """Focus a field: its place is shown, on another page, too."""
    field(page, "centre").focus()
    expect(box(page, "centre")).to_have_class("is-doubtful is-active")
    expect(page.locator("[data-evidence-where]")).to_have_text("2")
    expect(box(page, "centre")).to_be_in_viewport()


def _lead_from_place_to_field(page: Page) -> None:
    """Click on a place: its field has the focus."""
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    expect(page.locator("[data-evidence-where]")).to_have_text("1")
    box(page, "total").click()
    expect(field(page, "total")).to_be_focused()


def _zoom_by_key(page: Page) -> None:
    page.keyboard.press("Escape")
    before = page.locator(".evidence-page").first.bounding_box()["width"]
    page.keyboard.press("+")
    expect(page.locator("[data-evidence-pages]")).to_have_attribute("data-zoom", "1")
    assert page.locator(".evidence-page").first.bounding_box()["width"] > before


def _change_values(page: Page) -> None:
    """A change shows what was read, and asks why; a condition shows its field."""
    field(page, "total").fill("1230.5")
    expect(page.locator('[data-path="total"] [data-ai-diff]')).to_have_text("AI read 1203.5")
    page.locator('[name="correction:total"]').select_option("misread")
    expect(field(page, "trip")).to_be_hidden()
    field(page, "centre").select_option("1")
    expect(field(page, "trip")).to_be_visible()


def _lead_to_another_file(page: Page) -> None:
    """A place in another file: that file is shown, and the value marked in its text."""
    field(page, "number").focus()
    expect(page.locator('#evidence[data-file-name="note.txt"]')).to_be_visible()
    expect(page.locator("#evidence-body")).to_contain_text("<i>Invoice</i>")
    page.wait_for_function("CSS.highlights.has('evidence')")
    expect(field(page, "number")).to_be_focused()


def test_files_are_attached_by_hand_by_drop_by_paste_and_by_a_field(ask, page_of):
    page = page_of("bea")
    page.goto(ask(FORM, {"number": "RE-7"}, {}))
    listed = page.locator("#task-files .file-list li")

    with page.expect_file_chooser() as chosen:
        page.locator("#task-title").focus()
        page.keyboard.press("u")
    chosen.value.set_files(
        [
            {"name": "a.txt", "mimeType": "text/plain", "buffer": b"first"},
            {"name": "<b>b.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"},
        ]
    )
    expect(listed).to_have_count(2)
    carry = """([kind, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
        const event = kind === "paste"
          ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
          : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
        document.getElementById("task").dispatchEvent(event);
    }"""
    page.evaluate(carry, ["drop", "dropped.png", list(make_png())])
    expect(listed).to_have_count(3)
    page.evaluate(carry, ["paste", "shot.png", list(make_png())])
    expect(listed).to_have_count(4)

    page.locator("#task-files").get_by_role("link", name="shot.png", exact=True).click()
    expect(page.locator('#evidence[data-file-name="shot.png"] img')).to_be_visible()

    page.locator('[data-upload-for="v/receipt"]').set_input_files(
        {"name": "r.txt", "mimeType": "text/plain", "buffer": b"paid"}
    )
    expect(field(page, "receipt").locator("option:checked")).to_have_text("r.txt")


def test_a_form_of_two_hundred_fields_is_found_through_also_on_a_phone(ask, page_of):
    address = ask({"type": "object", "properties": LONG}, {"f3": "x"}, {})
    page = page_of("bea")
    page.goto(address)

    page.get_by_label("Find a field").fill("odd 177")
    expect(page.locator("[data-leaf]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field(page, "f177")).to_be_focused()
    expect(field(page, "f3")).to_be_visible()

    phone = page_of("bea", viewport=PHONE)
    phone.goto(address)
    fold = phone.locator("[data-evidence-fold]")
    expect(phone.locator(".evidence-page img").first).to_be_visible()
    fold.click()
    expect(phone.locator(".evidence-page img").first).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
