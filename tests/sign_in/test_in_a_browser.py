"""Passkeys and codes in a real browser, with the virtual authenticator of its developer tools."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browsing import PHONE, assert_accessible
from tests.rooms import RunningRoom
from tests.sign_in.helping import code_now

PASSWORD = "a long phrase for tests"  # noqa: S105
MAKE_PEOPLE = f"""
from apps.accounts.models import Folder, Membership, User
from apps.accounts.roles import Role
folder = Folder.objects.first()
for name in ("paula", "quentin"):
    person, _made = User.objects.get_or_create(username=name)
    person.set_password("{PASSWORD}")
    person.save()
    person.authenticator_set.all().delete()
    Membership.objects.get_or_create(user=person, folder=folder, role=Role.SUPERVISOR)
"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def device(new_context, running_room: RunningRoom) -> tuple[Page, BrowserContext]:
    """A browser with a passkey device, at an address that is a name."""
    running_room.manage("shell", "-c", MAKE_PEOPLE)
    context = new_context(base_url=f"http://localhost:{running_room.port}")
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page, context


def give_password(page: Page, name: str) -> None:
    page.goto("/sign-in/")
    page.locator("#id_username").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")


def sign_out(page: Page, context: BrowserContext) -> None:
    context.clear_cookies()
    page.goto("/sign-in/")


def test_a_passkey_is_made_signs_in_alone_stands_in_as_second_factor_and_is_removed(
    device: tuple[Page, BrowserContext],
):
    page, context = device
    give_password(page, "paula")
    page.goto("/profile/security/")
    assert_accessible(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    assert_accessible(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Laptop")).to_be_visible()

    sign_out(page, context)
    assert_accessible(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"localhost:\d+/$"))

    sign_out(page, context)
    give_password(page, "paula")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r"localhost:\d+/$"))

    page.goto("/profile/security/")
    remove = page.locator("li", has_text="Laptop").get_by_role("button", name="Remove")
    remove.click()
    page.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("link", name="Laptop")).to_have_count(0)


def test_an_app_is_set_up_from_the_picture_s_text_and_asked_for_at_the_next_sign_in(
    device: tuple[Page, BrowserContext],
):
    page, context = device
    page.set_viewport_size(PHONE)
    give_password(page, "quentin")
    page.goto("/profile/security/app/")
    expect(page.locator(".qr img")).to_be_visible()
    assert_accessible(page)
    secret = page.locator(".secret-text").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_now(secret, steps=-1))
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)

    sign_out(page, context)
    give_password(page, "quentin")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(code_now(secret))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(re.compile(r"localhost:\d+/$"))
