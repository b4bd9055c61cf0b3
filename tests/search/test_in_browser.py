"""The palette and a timeline in a browser, by keys alone."""

from tests.browsing import assert_accessible

MAKE = """
from apps.accounts.models import Folder
from tests.search.made import item_called, make_run_in
from tests.workflows.patterns import start_approval
from apps.accounts.models import User
folder = Folder.objects.get(demo_setting__isnull=False)
start_approval(folder, User.objects.get(username="admin"), number="BROWSER-7")
item_called("BROWSER-7", folder)
item_called("BROWSER-70", folder)
"""


def options(page):
    return page.locator("#palette [role=option]").all_inner_texts()


def palette(page, text):
    page.keyboard.press("Control+k")
    page.locator("#palette[open]").wait_for()
    page.keyboard.type(text)


def test_keys_alone_lead_from_a_reference_to_its_timeline_and_on(page_of, running_room):
    running_room.manage("shell", "-c", MAKE)
    # one whose name is not also the reference of an item: that would come first
    run = running_room.query(
        "select max(id) from bots_run where not exists"
        " (select 1 from queues_workitem where reference = 'R-' || bots_run.id)"
    )[0][0]
    page = page_of("admin")
    page.goto("/inbox/")

    palette(page, "browser-7")
    page.locator("#palette [role=option]", has_text="BROWSER-70").wait_for()
    assert_accessible(page)
    first, *others = options(page)
    assert "Timeline" in first
    assert any("Instance" in each for each in others)
    page.keyboard.press("Enter")
    page.wait_for_url("**/timeline/BROWSER-7/")
    assert_accessible(page)
    page.get_by_label("Kinds of entries").get_by_role("link", name="Instances").press("Enter")
    page.wait_for_url("**/?kind=instance")

    # what was opened lately comes first, before anything is typed
    palette(page, "")
    assert options(page)[0].startswith("BROWSER-7")
    page.keyboard.press("Escape")

    # Enter waits for the answer to what was pasted
    if run:
        palette(page, "")
        page.locator("#palette input").fill(f"R-{run}")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/runs/{run}/")


def test_what_can_not_be_found_is_said_in_a_sentence(page_of, running_room, console):
    console.allow("net::ERR_FAILED")
    page = page_of("admin")
    page.goto("/queues/")
    none = page.locator(".palette-none")

    palette(page, "zzqx-99")
    none.get_by_text("Nothing by that name").wait_for()
    page.locator("#palette input").fill("a" * 10_000)
    none.get_by_text("longer than 200").wait_for()
    page.route("**/search/palette/**", lambda route: route.abort())
    page.locator("#palette input").fill("away")
    none.get_by_text("did not answer").wait_for()
