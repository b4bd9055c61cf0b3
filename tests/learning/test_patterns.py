"""Rows of decision tables in what people decided."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.learning.patterns import (
    MIN_AGREEMENT,
    MIN_CASES,
    Case,
    Condition,
    conditions_of,
    find_rows,
    weigh,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def case(number: int, decision: str = "leave_out", /, **values) -> Case:
    """One of several people decided; dunder names are facts of the case."""
    facts = {name[2:]: values.pop(name) for name in list(values) if name.startswith("__")}
    given = {"by": number % 4, **facts}
    return Case(
        task_id=number,
        at=START + timedelta(hours=number),
        decision=decision,
        values=values,
        **given,
    )


def condition_on(row, path):
    return next((each for each in row.conditions if each.path == path), None)


def test_twenty_decisions_of_one_kind_make_a_row_and_nineteen_do_not():
    cases = [case(n, currency="EUR", total=f"{n}.50") for n in range(MIN_CASES)]

    rows = find_rows(cases)

    assert find_rows(cases[1:]) == []
    assert [(row.decision, len(row.cases), row.exceptions) for row in rows] == [
        ("leave_out", 20, ())
    ]
    assert (rows[0].people, rows[0].agreement) == (4, 1)
    assert rows[0].first_at < rows[0].last_at


def test_a_row_is_bounded_to_what_was_seen():
    cases = [
        case(n, currency="EUR", kind=["credit", "debit"][n % 2], total=f"{5 + n}.00", ok=True)
        for n in range(24)
    ]

    row = find_rows(cases)[0]

    assert condition_on(row, "currency").values == ("EUR",)
    assert set(condition_on(row, "kind").values) == {"credit", "debit"}
    assert condition_on(row, "ok").values == (True,)
    assert (condition_on(row, "total").low, condition_on(row, "total").high) == (5, 28)
    assert not condition_on(row, "total").fits({"total": "1000000.00"})
    assert not condition_on(row, "currency").fits({"currency": "USD"})
    assert not condition_on(row, "ok").fits({"ok": 1})
    assert not condition_on(row, "total").fits({})


def test_names_numbers_in_a_row_dates_and_long_texts_bound_nothing():
    cases = [
        case(n, number=f"{4711 + n}", id=n, day=f"2026-01-{n + 1:02}", text=f"{n} " + "x" * 200)
        for n in range(MIN_CASES)
    ]

    assert find_rows(cases)[0].conditions == ()


def test_a_condition_that_parts_the_cases_is_found():
    cases = [
        case(n, "leave_out" if n % 3 else "correct", currency="USD" if n % 3 else "EUR")
        for n in range(90)
    ]

    rows = find_rows(cases)

    assert {(row.decision, row.conditions[0].values) for row in rows} == {
        ("leave_out", ("USD",)),
        ("correct", ("EUR",)),
    }


def test_an_amount_that_parts_the_cases_is_found():
    rng = random.Random(4)
    cases = []
    for n in range(200):
        total = round(rng.uniform(1, 200), 2)
        cases.append(case(n, "leave_out" if total < 50 else "correct", total=f"{total:.2f}"))

    row = next(row for row in find_rows(cases) if row.decision == "leave_out")

    assert row.agreement >= MIN_AGREEMENT
    assert 40 < condition_on(row, "total").high < 52


@pytest.mark.parametrize("seed", range(25))
def test_decisions_by_chance_make_no_row(seed):
    rng = random.Random(seed)
    cases = [
        case(
            n,
            rng.choice(["leave_out", "correct"]),
            **{f"f{k}": rng.choice("abcd") for k in range(8)},
            total=round(rng.uniform(1, 99), 2),
        )
        for n in range(120)
    ]

    assert find_rows(cases) == []


def test_a_few_exceptions_are_named_and_more_stand_in_the_way():
    cases = [case(n, "correct" if n == 7 else "leave_out", currency="EUR") for n in range(60)]

    row = find_rows(cases)[0]

    assert row.exceptions == (7,)
    assert row.agreement == pytest.approx(59 / 60)
    others = [case(100 + n, "correct", currency="EUR") for n in range(3)]
    assert find_rows([*cases, *others]) == []


def test_one_person_alone_makes_a_row_only_by_saying_why():
    silent = [case(n, __by=1) for n in range(30)]
    speaking = [case(n, __by=1, __reason="Paid twice") for n in range(30)]

    assert find_rows(silent) == []
    assert find_rows(speaking)[0].people == 1


def test_corrections_that_are_always_the_same_are_part_of_the_row():
    same = [case(n, "correct", __corrections=(("vendor", "Stark GmbH"),)) for n in range(25)]
    each_another = [
        case(50 + n, "correct", __corrections=(("total", f"{n}.00"),)) for n in range(25)
    ]
    unsayable = [case(90 + n, "correct", __corrections=None) for n in range(25)]

    assert find_rows(same)[0].corrections == (("vendor", "Stark GmbH"),)
    assert find_rows(each_another) == []
    assert find_rows(unsayable) == []


def test_edited_conditions_are_weighed_against_the_same_cases():
    cases = [case(n, "leave_out" if n < 25 else "correct", total=n) for n in range(30)]
    edited = Condition(path="total", do="range", low=0, high=27)

    row = weigh(cases, [edited], "leave_out", ())

    assert (len(row.cases), row.exceptions) == (28, (25, 26, 27))
    assert weigh(cases, [Condition(path="total", do="range", low=99)], "leave_out", ()) is None


def test_conditions_are_kept_and_read_again():
    conditions = (
        Condition(path="a.b", do="one_of", values=("x", 1, True)),
        Condition(path="c", do="range", low=1.5),
    )

    assert conditions_of([each.stored() for each in conditions]) == conditions
