"""Rules as a decision table."""

import pytest

from apps.learning.patterns import Condition
from apps.learning.tables import TableRow, context_of, feel_of, table_xml
from apps.lib.dmn import evaluate, read_dmn

ROWS = [
    TableRow(
        id="rule_1",
        conditions=[
            Condition(path="currency", do="one_of", values=("EUR", 'a"b\\')),
            Condition(path="total", do="range", low=5.5, high=80.0),
            Condition(path="odd key-x.in", do="one_of", values=(True, 3)),
        ],
        decision="leave_out",
        corrections={"a.b": "x\n<"},
        why="20 cases & more",
    ),
    TableRow(
        id="rule_2",
        conditions=[Condition(path="total", do="range", low=100)],
        decision="correct",
        corrections={},
    ),
]


def ask(values, kind="data_problem"):
    xml = table_xml(
        "rules_ab",
        title="Rules: <a> & b",
        kind="data_problem",
        rows=ROWS,
        labels={"total": "Total <x>"},
        revision=3,
    )
    return evaluate(read_dmn(xml), "rules_ab", context_of(kind, values, ROWS)).value


def nested(**values):
    return {"odd key-x.in": True, "currency": "EUR", "total": "7.00", **values}


def test_the_first_row_that_fits_decides():
    assert ask(nested()) == {
        "decision": "leave_out",
        "corrections": {"a.b": "x\n<"},
        "rule": "rule_1",
    }
    assert ask(nested(currency='a"b\\', **{"odd key-x.in": 3}))["rule"] == "rule_1"
    assert ask({"total": "1,234.50"})["rule"] == "rule_2"


@pytest.mark.parametrize(
    "values",
    [
        {},
        nested(currency="USD"),
        nested(currency=None),
        nested(total="5.49"),
        nested(total="81"),
        nested(total="many"),
        nested(**{"odd key-x.in": "true"}),
        nested(**{"odd key-x.in": False}),
    ],
)
def test_what_no_row_says_is_left_to_people(values):
    assert ask(values) is None


def test_a_table_is_for_its_kind_of_task():
    assert ask(nested(), kind="form") is None


def test_the_table_is_told_no_more_than_it_asks_for():
    context = context_of("form", nested(iban="DE1", total="7.00"), ROWS)

    assert context["values"] == {"currency": "EUR", "odd key-x": {"in": True}}
    assert context["numbers"] == {"total": 7.0}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (3, "3"), (2.50, "2.5"), (80.0, "80"), ('a"', '"a\\""')],
)
def test_values_are_spelled_as_feel_does(value, text):
    assert feel_of(value) == text
