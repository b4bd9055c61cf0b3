"""The log in a browser: followed while it stands at its end, held while it is read above."""

from tests.browsing import assert_accessible

SAY = """
from apps.accounts.models import Folder
from apps.bots.logs import Line, Speaker, append_log
folder = Folder.objects.get(demo_setting__isnull=False)
append_log(Speaker(folder_id=folder.pk, run_id=770077), [{lines}])
"""
BEGIN = "*[Line(f'browsed {n}', 'error' if n == 150 else 'info') for n in range(450)]"
AT_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 24"


def say(room, lines):
    room.manage("shell", "-c", SAY.replace("{lines}", lines))


def test_a_reader_follows_the_log_reads_above_its_end_and_takes_a_link(page_of, running_room):
    say(running_room, BEGIN)
    page = page_of("admin")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/log/?run=770077")
    log = page.locator("#log-lines")

    it_follows_its_end(page, log, running_room)
    above_the_end_it_stands_still(page, log, running_room)
    what_came_before_is_put_above(page, log)
    links_lead_to_errors(page, log)


def it_follows_its_end(page, log, room):
    assert log.evaluate(AT_END)
    assert log.locator(".log-text").last.inner_text().startswith("browsed 449")
    say(room, "Line('live one')")
    log.get_by_text("live one").wait_for()
    assert log.evaluate(AT_END)
    assert_accessible(page)


def above_the_end_it_stands_still(page, log, room):
    log.evaluate("log => log.scrollTo(0, 40)")
    page.get_by_text("Stands still while you read").wait_for()
    say(room, "Line('live two', 'warning'), Line('live three')")
    new = page.get_by_role("button", name="2 new lines")
    new.wait_for()
    assert log.get_by_text("live two").count() == 0
    assert log.evaluate("log => log.scrollTop") == 40
    new.press("Enter")
    log.get_by_text("live three").wait_for()
    assert log.evaluate(AT_END)


def what_came_before_is_put_above(page, log):
    line = log.locator(".log-line")
    count = line.count()
    log.get_by_role("link", name="Older lines").press("Enter")
    more = "count => document.querySelectorAll('.log-line').length > count"
    page.wait_for_function(more, arg=count)
    ids = line.evaluate_all("lines => lines.map(line => line.id)")
    assert len(ids) == len(set(ids)) == count + 200
    texts = line.locator(".log-text").all_inner_texts()
    numbers = [int(text.split()[1]) for text in texts if text.startswith("browsed")]
    assert numbers == list(range(50, 450))


def links_lead_to_errors(page, log):
    page.keyboard.press("e")
    anchor = log.locator(".is-anchor")
    assert "browsed 150" in anchor.inner_text()
    anchor.locator(".log-link").click()
    page.get_by_text("Copied").first.wait_for()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    assert "browsed 150" in anchor.inner_text()
    assert log.locator(".log-text").first.inner_text().startswith("browsed 130")

    # from a run it opens at the first error
    page.goto("/log/?run=770077&at=error")
    assert "browsed 150" in anchor.inner_text()
    assert_accessible(page)
