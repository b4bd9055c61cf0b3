"""Small parts of pages: the components of the same names draw them, and escape what people said."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

AT = datetime(2026, 3, 1, 23, 30, 5, tzinfo=UTC)
SHOWN_AS = {
    "new": ("waiting", "hourglass", "Waiting"),
    "stopping": ("running", "player-play", "Running"),
    "scheduled": ("retry", "rotate-clockwise", "Retry"),
    "needs_decision": ("person", "user-question", "Needs a person"),
    "successful": ("done", "check", "Done"),
    "lost": ("failed", "x", "Failed"),
    "on_hold": ("paused", "player-pause", "Paused"),
    "skipped": ("cancelled", "ban", "Cancelled"),
    "nobody knows": ("cancelled", "ban", "Cancelled"),
}


def drawn(source: str, **values: object) -> str:
    return Template("{% load parts %}" + source).render(Context(values)).strip()


def component(which: str, /, **values: object) -> str:
    said = " ".join(f"{each}={each}" for each in values)
    return drawn(f'{{% include "components/{which}.html" with {said} only %}}', **values)


@pytest.mark.parametrize("status", SHOWN_AS)
def test_a_badge_has_the_tone_the_glyph_and_the_word_of_a_status(status):
    tone, glyph, word = SHOWN_AS[status]

    quick = drawn("{% badge status %}", status=status)

    assert quick.startswith(
        f'<span class="status tone-{tone}"><svg class="icon" aria-hidden="true"'
    )
    assert f"#{glyph}" in quick
    assert quick.endswith(f"</svg>{word}</span>")
    assert component("status_badge", status=status) == quick


def test_a_badge_speaks_the_language_of_its_reader_and_says_when_in_their_zone():
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert "Braucht einen Menschen" in drawn("{% badge 'person' %}")
        assert "Wiederholung um 00:30" in drawn("{% badge 'retry' at %}", at=AT)
        assert "Wiederholung um 00:30" in component("status_badge", status="retry", at=AT)


def test_a_badge_escapes_its_word_and_its_title():
    found = component("status_badge", status="done", word="<b>", title='"x"', plain=True)

    assert found.startswith('<span class="status tone-done is-plain" title="&quot;x&quot;">')
    assert found.endswith("&lt;b&gt;</span>")


def test_a_moment_is_exact_for_machines_and_local_for_people():
    with timezone.override("Europe/Berlin"):
        exact, here = 'datetime="2026-03-01T23:30:05+00:00"', "2026-03-02 00:30:05"
        relative = f'<time {exact} data-relative title="{here} CET">{here}</time>'

        assert drawn("{% moment at %}", at=AT) == component("time", at=AT) == relative
        assert component("time", at=AT, absolute=True) == f"<time {exact}>{here}</time>"
        assert component("time", at=AT, absolute=1, short=1) == f"<time {exact}>00:30:05</time>"


@pytest.mark.parametrize("at", [None, ""])
def test_no_moment_is_a_dash(at):
    assert drawn("{% moment at %}", at=at) == component("time", at=at) == "–"
    assert drawn("{% moment nowhere.to_be_found %}") == "–"


def test_an_icon_is_decoration_unless_it_is_named():
    assert 'class="icon" aria-hidden="true"' in component("icon", name="users")
    named = drawn('{% icon "users" label %}', label='"People"')
    assert 'class="icon" role="img" aria-label="&quot;People&quot;"' in named
    assert 'class="icon spin"' in drawn(
        '{% include "components/icon.html" with name="users" class="spin" only %}'
    )


def test_bars_stand_side_by_side_and_say_what_they_are():
    found = component("spark", values=[0, 50, 100], label="<by the hour>")

    assert 'viewBox="0 -100 3 100"' in found
    assert found.count("<rect") == 3
    assert '<rect x="1.1" y="0" width=".8" height="50"/>' in found
    assert 'role="img" aria-label="&lt;by the hour&gt;"' in found
    assert 'aria-hidden="true"' in component("spark", values=[1])
