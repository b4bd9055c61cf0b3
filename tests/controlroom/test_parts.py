"""Small parts for long lists: they draw what the templates draw that few of them would use."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
STATUSES = ["new", "in_progress", "retry", "needs_decision", "successful", "failed", "on_hold", "x"]


def drawn(source: str, **values: object) -> str:
    return Template("{% load parts %}" + source).render(Context(values)).strip()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("at", [None, AT])
@pytest.mark.parametrize("status", STATUSES)
def test_a_badge_is_the_status_badge(status, at, language):
    with translation.override(language):
        quick = drawn("{% badge status at %}", status=status, at=at)
        usual = drawn(
            '{% include "components/status_badge.html" with status=status at=at only %}',
            status=status,
            at=at,
        )
    assert quick == usual


@pytest.mark.parametrize("at", [None, AT])
def test_a_moment_is_the_time(at):
    usual = drawn('{% include "components/time.html" with at=at only %}', at=at)
    assert drawn("{% moment at %}", at=at) == usual
