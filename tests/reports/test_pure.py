"""Periods, words and drawings: nothing is asked of a database."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.reports.asking import parse
from apps.reports.drawing import chart, gathered, step_of
from apps.reports.periods import Span, compared, midnight, rolling
from apps.reports.shapes import Days, Figure, Series, rounded, words_of

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", date(2026, 10, 24), date(2026, 11, 22)),
        ("period=today", TODAY, TODAY),
        ("period=7d", date(2026, 11, 16), date(2026, 11, 22)),
        ("period=90d", date(2026, 8, 25), date(2026, 11, 22)),
        ("period=month", date(2026, 10, 1), date(2026, 10, 31)),
        ("period=month&month=2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("from=2026-10-25&until=2026-10-25", date(2026, 10, 25), date(2026, 10, 25)),
        ("period=7d&from=2020-01-01&until=2020-01-02", date(2026, 11, 16), date(2026, 11, 22)),
    ],
)
def test_a_period_is_whole_days_that_are_over_unless_it_is_today(query, first, last):
    wanted, problems = parse(query, today=TODAY)
    assert wanted.span == Span(first, last)
    assert problems == []
    again, _problems = parse(wanted.query(), today=TODAY)
    assert again == wanted


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("period=fortnight", ["period"]),
        ("period=month&month=2026-13", ["month"]),
        ("period=month&month=２０２６-10", ["month"]),
        ("period=custom", ["from", "until"]),
        ("from=2026-02-30&until=2026-03-01", ["from"]),
        ("from=2026-10-02&until=2026-10-01", ["until"]),
        ("from=2000-01-01&until=2026-10-01", ["until"]),
        ("from=0001-01-01&until=9999-12-31", ["from", "until"]),
        ("from=%00&until=x", ["from", "until"]),
        ("compare=never&queue=-1", ["compare", "queue"]),
        ("queue=99999999999999999999&folder=abc&automation=1e3", ["folder", "queue", "automation"]),
    ],
)
def test_what_makes_no_sense_is_named_and_is_as_usual(query, fields):
    wanted, problems = parse(query, today=TODAY)
    assert sorted(each.path for each in problems) == sorted(fields)
    assert wanted.span == rolling("30d", TODAY)


@pytest.mark.parametrize(
    ("span", "comparison", "first", "last"),
    [
        (("2026-11-16", "2026-11-22"), "before", "2026-11-09", "2026-11-15"),
        (("2026-03-01", "2026-03-31"), "before", "2026-02-01", "2026-02-28"),
        (("2026-01-01", "2026-01-31"), "before", "2025-12-01", "2025-12-31"),
        (("2024-02-01", "2024-02-29"), "year", "2023-02-01", "2023-02-28"),
        (("2024-02-29", "2024-03-02"), "year", "2023-02-28", "2023-03-02"),
        (("2025-02-01", "2025-02-28"), "year", "2024-02-01", "2024-02-29"),
    ],
)
def test_months_are_compared_with_months_and_days_with_as_many_days(span, comparison, first, last):
    given = Span(*map(date.fromisoformat, span))
    found = compared(given, comparison)
    assert (str(found.first), str(found.last)) == (first, last)
    assert compared(given, "none") is None


def test_days_at_a_change_of_the_clocks_have_the_hours_that_people_live_through():
    berlin = ZoneInfo("Europe/Berlin")
    autumn = Span(date(2026, 10, 25), date(2026, 10, 25))
    assert (autumn.ends(berlin).timestamp() - autumn.begins(berlin).timestamp()) == 25 * 3600
    spring = Span(date(2026, 3, 29), date(2026, 3, 29))
    assert (spring.ends(berlin).timestamp() - spring.begins(berlin).timestamp()) == 23 * 3600
    cairo = ZoneInfo("Africa/Cairo")
    assert midnight(date(2026, 4, 24), cairo).timestamp() == 1776981600


@pytest.mark.parametrize(
    ("value", "before", "kind", "words", "tone"),
    [
        ("12", "10", "count", "2 more than before (10), +20 %", "better"),
        ("10", "12", "count", "2 less than before (12), −17 %", "worse"),
        ("81.04", "84.25", "percent", "3.3 points less than before (84.3 %)", "worse"),
        ("81.01", "81.04", "percent", "as before (81.0 %)", ""),
        ("5", "0", "count", "5 more than before (0)", "better"),
        ("1234.5", "1000", "minutes", "234.5 min more than before (1,000.0 min), +23 %", "better"),
        ("5", None, "count", "nothing to compare with", ""),
    ],
)
def test_a_difference_is_told_in_words_and_as_the_numbers_are_shown(
    value, before, kind, words, tone
):
    figure = Figure(
        key="x",
        label="X",
        value=Decimal(value),
        before=None if before is None else Decimal(before),
        is_compared=True,
        kind=kind,
        definition="= x",
        more_is="good",
    )
    assert (figure.change_words, figure.tone) == (words, tone)


def test_what_is_not_known_is_a_dash_and_nothing_is_a_zero():
    assert words_of(None, "percent") == "–"
    assert words_of(Decimal(0), "count") == "0"
    assert words_of(Decimal("-0.01"), "minutes") == "0.0 min"
    assert rounded(Decimal("2.005"), "money") == Decimal("2.01")


def days_of(*rows, first=date(2026, 10, 1)):
    days = Span(first, date.fromordinal(first.toordinal() + len(rows[0]) - 1)).days
    series = [Series(label=f"s{n}", values=[Decimal(v) for v in row]) for n, row in enumerate(rows)]
    return Days(title="t", days=days, series=series)


def test_bars_stand_on_each_other_and_end_at_their_sum():
    drawn = chart(days_of([1, 2, 0], [3, 0, 0]))
    assert [(bar.n, bar.height) for bar in drawn.bars] == [(1, 48.0), (2, 144.0), (1, 96.0)]
    assert drawn.bars[0].y == pytest.approx(drawn.bars[1].y + drawn.bars[1].height)
    assert [tick.label for tick in drawn.y_ticks] == ["0", "1", "2", "3", "4"]
    assert [line.values for line in drawn.lines][0] == ["1", "3"]


@pytest.mark.parametrize(("n_days", "step"), [(92, "day"), (93, "week"), (401, "month")])
def test_long_spans_are_drawn_by_weeks_or_months_and_lose_nothing(n_days, step):
    assert step_of(n_days) == step
    found = days_of([1] * n_days)
    _starts, sums = gathered(found, step)
    assert sum(sums[0]) == n_days
    assert chart(found).step == step


def test_nothing_is_drawn_of_nothing_and_of_one_day():
    assert chart(days_of([0, 0, 0])) is None
    assert chart(days_of([5])) is None
