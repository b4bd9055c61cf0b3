"""A real Chromium for tests, one that fails them on console errors and CSP violations."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.rooms import RunningRoom

AXE = Path(__file__).parent / "vendor" / "axe-core@4.14.1" / "axe.min.js"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
# What is awaited comes at once on an idle machine; a busy one is no reason to fail
PATIENCE_MILLISECONDS = 30_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
# A refusal that the test is about (403, 404, 409, 422) is reported by Chromium as an error, too.
EXPECTED = re.compile(r"Failed to load resource: .* status of 4\d\d")


class Console:
    """What pages of a test complained about; a test may allow what it provokes."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._allowed = [EXPECTED]

    def allow(self, pattern: str) -> None:
        self._allowed.append(re.compile(pattern))

    def watch(self, page: Page) -> Page:
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self._note(f"{page.url}: {error}"))
        return page

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} ({message.location.get('url', '')})")

    def _note(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._allowed):
            self.errors.append(text)


class Chromium:
    """One Chromium for tests that follow each other: it starts when asked for.

    It ends before a module without it: Playwright's event loop would disturb asynchronous tests.
    """

    def __init__(self) -> None:
        self._held = ExitStack()
        self._browser: Browser | None = None

    def open(self) -> Browser:
        if self._browser is None:
            playwright = self._held.enter_context(sync_playwright())
            # Playwright's loop runs in this thread; Django would take us for a coroutine.
            patch = self._held.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
            self._browser = playwright.chromium.launch(
                executable_path=_program(), args=CHROMIUM_OPTIONS
            )
            self._held.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        self._browser = None
        self._held.close()


_chromium = Chromium()


def _program() -> str:
    program = os.environ.get("CHROMIUM") or next(
        (found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None
    )
    assert program, "No Chromium found; install Debian's chromium, or set CHROMIUM to its path."
    return program


@pytest.fixture(scope="module")
def browser() -> Browser:
    """Chromium, there before a test's transaction begins: Playwright's loop changes the context."""
    return _chromium.open()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End Chromium with a module, unless the next test wants it, too."""
    try:
        yield
    finally:
        is_same = nextitem is not None and nextitem.path == item.path
        if not is_same and "browser" not in getattr(nextitem, "fixturenames", ()):
            _chromium.close()


def pytest_sessionfinish() -> None:
    """End it also when the tests are broken off."""
    _chromium.close()


@pytest.fixture
def console() -> Iterator[Console]:
    """The test fails if anything was written here as an error by the time it ends."""
    watched = Console()
    yield watched
    assert not watched.errors, "errors in the browser's console:\n" + "\n".join(watched.errors)


@pytest.fixture
def new_context(
    browser: Browser, running_room: RunningRoom, console: Console
) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context(viewport=PHONE, color_scheme="dark")`: a fresh browser profile."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        settings = {
            "base_url": running_room.url,
            "viewport": DESKTOP,
            "locale": "en-GB",
            "timezone_id": "UTC",
            "reduced_motion": "reduce",
            **options,
        }
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("page", console.watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of nobody: not signed in."""
    return new_context().new_page()


_signed_in: dict[tuple[str, str], Any] = {}


@pytest.fixture
def page_of(
    new_context: Callable[..., BrowserContext], running_room: RunningRoom
) -> Callable[..., Page]:
    """`page_of("sam", color_scheme="dark")`: a page of somebody who has signed in.

    Everybody but `admin` signs in with the one-click button of the demo.
    """

    def sign_in(name: str = "admin", **options: Any) -> Page:
        key = (running_room.url, name)
        if key not in _signed_in:
            context = new_context()
            _sign_in(context.new_page(), name, running_room.admin_password)
            _signed_in[key] = context.storage_state()
        return new_context(storage_state=_signed_in[key], **options).new_page()

    return sign_in


@pytest.fixture
def admin_page(page_of: Callable[..., Page]) -> Page:
    return page_of("admin")


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/sign-in/")
    if name == "admin":
        page.locator("#id_username").fill(name)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
    else:
        page.locator(f"form:has(input[type=hidden][value={name}]) button").click()
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"))


def row_of(page: Page, title: str) -> Locator:
    """Return the inbox's row of a task by its title: another's reason may name the same number."""
    return page.locator(".task-list a", has=page.locator(".task-title", has_text=title))


def axe(page: Page, *, within: str = "") -> list[str]:
    """Return the accessibility violations of the page (or of a part), one line each."""
    page.evaluate(_axe_source())
    scope = json.dumps(within) if within else "document"
    violations = page.evaluate(f"async () => (await axe.run({scope})).violations")
    return [
        f"{violation['id']}: {violation['help']} – {node['target']} {node['html'][:160]}"
        for violation in violations
        for node in violation["nodes"]
    ]


def assert_accessible(page: Page, *, within: str = "") -> None:
    found = axe(page, within=within)
    assert not found, f"{page.url}:\n" + "\n".join(found)


@cache
def _axe_source() -> str:
    return AXE.read_text()
