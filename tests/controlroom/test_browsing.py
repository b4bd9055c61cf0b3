"""The browser fixtures themselves."""

import pytest
from playwright.sync_api import Page

from tests.browsing import Console


def test_a_page_of_the_running_room_opens(page: Page):
    answer = page.goto("/healthz")

    assert answer is not None
    assert answer.ok


def test_an_error_in_the_console_is_noticed(page: Page, console: Console):
    page.goto("/healthz")

    page.evaluate("console.error('something broke')")

    assert "something broke" in console.errors.pop()


@pytest.mark.django_db
def test_the_database_can_be_used_beside_a_page(page: Page, django_user_model):
    page.goto("/healthz")

    assert django_user_model.objects.count() == 0
