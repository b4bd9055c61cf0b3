"""Hands that have a keyboard and no mouse, and eyes that follow the focus."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 120
NO_MOUSE = """
for (const kind of ["pointerdown", "mousedown", "touchstart"])
  addEventListener(kind, () => console.error(`the mouse was used: ${kind}`), true);
"""
# Why the focus can't be seen, or nothing. It shows by a ring around the control or its label, in
# fields by the caret; hidden is what something else is drawn over wholly (WCAG 2.4.11).
LOST = """
() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused === document.documentElement)
    return "the focus is nowhere";
  const named = focused.outerHTML.slice(0, 120);
  const around = [focused, ...(focused.labels ?? [])];
  const hasRing = (element) => {
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    return outlineStyle !== "none" || boxShadow !== "none";
  };
  const hasCaret = focused.matches("textarea, input:not([type=radio], [type=checkbox])");
  if (!hasCaret && !around.some(hasRing)) return `nothing shows the focus: ${named}`;
  const steps = [0.1, 0.5, 0.9];
  const isSeen = around.some((element) => {
    const box = element.getBoundingClientRect();
    return steps.some((down) => steps.some((right) => {
      const [x, y] = [box.left + box.width * right, box.top + box.height * down];
      const drawn = document.elementFromPoint(x, y);
      return drawn && element.contains(drawn);
    }));
  });
  return isSeen ? "" : `out of sight: ${named}`;
}
"""


class Hands:
    """Moves through a page by keys; fails as soon as the focus is lost, hidden or not shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(NO_MOUSE)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, wanted: Locator, *, back: bool = False) -> None:
        """Press Tab until the focus is there; it is seen at each stop on the way."""
        expect(wanted).to_be_visible()
        for _ in range(MOST_TABS):
            self.press("Shift+Tab" if back else "Tab")
            if self.is_outside():
                continue
            self.see_focus()
            if self.is_at(wanted):
                return
        raise AssertionError(f"{wanted} was not reached by Tab")

    def fill(self, wanted: Locator, text: str) -> None:
        self.tab_to(wanted)
        self.press("Control+A")
        self.type(text)

    def choose(self, wanted: Locator, text: str) -> None:
        """Choose in a list by typing what the choice begins with."""
        self.tab_to(wanted)
        self.type(text)

    def see_focus(self) -> None:
        lost = self.page.evaluate(LOST)
        assert not lost, f"{self.page.url}: {lost}"

    def is_at(self, wanted: Locator) -> bool:
        return bool(wanted.evaluate("element => element === document.activeElement"))

    def is_outside(self) -> bool:
        """Say whether the focus went once around, through the browser's own bars."""
        return bool(self.page.evaluate("document.activeElement === document.body"))

    def go(self, action: Callable[[], None], address: str) -> None:
        """Do what leads to another page, and be there."""
        action()
        self.page.wait_for_url(address)
