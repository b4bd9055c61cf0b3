"""What a page may weigh and ask for, and how far it may move while it loads: one table for all.

A visit is cold: nothing is cached. Counted is what comes over the wire, heads and all; the live
connection is not. What takes time is measured in benchmarks/first_paint.py, not in tests.
"""

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page, Request

KILOBYTE = 1024


@dataclass(frozen=True, kw_only=True)
class Budget:
    kilobytes: int
    requests: int = 15
    # cumulative layout shift
    movement: float = 0.02


USUAL = Budget(kilobytes=100)
# the viewer of bpmn.io alone is 55 KB
WITH_DIAGRAM = Budget(kilobytes=140)

WATCH_MOVEMENT = """
window.movement = 0;
window.moved = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (shift.hadRecentInput) continue;
    window.movement += shift.value;
    for (const { node } of shift.sources) {
      const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      window.moved.push(element ? element.outerHTML.slice(0, 100) : "something gone");
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class Visit:
    """Counts what a page loads from `begin` on; looks at Chromium's own book-keeping."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(WATCH_MOVEMENT)
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.loadingFinished", self._note)
        page.on("request", self._note_request)
        self._bytes = 0
        self.requested: list[str] = []

    def begin(self, address: str) -> None:
        """Open a page as somebody does who was never here."""
        self._session.send("Network.clearBrowserCache")
        self._bytes, self.requested = 0, []
        self.page.goto(address)
        self.page.wait_for_function("document.readyState === 'complete'")

    @property
    def kilobytes(self) -> float:
        return self._bytes / KILOBYTE

    @property
    def movement(self) -> float:
        return float(self.page.evaluate("window.movement"))

    def faults(self) -> list[str]:
        """Return in words what goes beyond the page's budget."""
        has_diagram = any("bpmn" in address for address in self.requested)
        budget = WITH_DIAGRAM if has_diagram else USUAL
        movement, found = self.movement, []
        if self.kilobytes > budget.kilobytes:
            found.append(f"weighs {self.kilobytes:.0f} KB, more than {budget.kilobytes}")
        if len(self.requested) > budget.requests:
            found.append(f"takes {len(self.requested)} requests: {self.requested}")
        if movement > budget.movement:
            found.append(f"moves by {movement:.3f}: {self.page.evaluate('window.moved')}")
        return found

    def _note(self, event: dict[str, float]) -> None:
        self._bytes += int(event["encodedDataLength"])

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "ws:")):
            self.requested.append(request.url)
