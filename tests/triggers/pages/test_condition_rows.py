"""Conditions go into rows and come out the same; buttons add and remove rows and alternatives."""

import pytest

from apps.triggers.forms.conditions import row_fields
from apps.triggers.forms.rows import ConditionRows, conditions_in

READY = {"metric": "queue.ready", "queue": "invoices", "op": ">=", "value": 10}
OLD = {"metric": "queue.oldest_seconds", "queue": "invoices", "op": ">", "value": 900}
FAILING = {
    "metric": "queue.failure_share", "queue": "invoices", "op": ">=", "value": 0.2,
    "window_seconds": 3_600,
}  # fmt: skip
ODD_WINDOW = {**FAILING, "value": 0.125, "window_seconds": 1_234}
OPEN = {"asset": "open", "op": "=", "value": True}
LIMIT = {"asset": "limit", "op": "<", "value": 12.5}
MODE = {"asset": "mode", "op": "!=", "value": "12"}
ENDED = {"workflow": "closing", "ended": "successful", "within": "today"}
RAN = {"automation": "import", "ended": "failed", "within": 1_234}
FIRED = {"trigger": "morning", "fired": "today"}


class Known:
    """What there is in a folder, as the rows ask for it."""

    lengths = [(n, str(n)) for n in (600, 1_234, 3_600)]
    asset_kinds = {"open": "flag", "limit": "number", "mode": "text"}
    of = {
        "queue": [("invoices", "Invoices")],
        "asset": [("open", "Open"), ("limit", "Limit"), ("mode", "Mode")],
        "workflow": [("closing", "Closing")],
        "automation": [("import", "Import")],
        "trigger": [("morning", "Morning")],
    }


def posted(rule, **more):
    """Return what a browser sends of the rows that show `rule`."""
    _join, stored = conditions_in(rule)
    rows = ConditionRows(Known(), data=None, stored=stored)
    sent = {f"c{n}-{name}": "" for n in range(len(rows)) for name in rows.forms[0].fields}
    sent |= {
        f"c{n}-{name}": str(value)
        for n, form in enumerate(rows)
        for name, value in form.initial.items()
        if value is not None
    }
    return {**sent, "n_rows": str(len(rows)), **more}


def rows_of(sent):
    return ConditionRows(Known(), data=sent, stored=[])


@pytest.mark.parametrize(
    "rule",
    [
        {"all": [READY]},
        {"any": [READY, OLD, FAILING, OPEN, LIMIT, MODE, ENDED, RAN, FIRED]},
        {"all": [READY, {"any": [OPEN, FIRED]}, ENDED]},
        {"any": [{"all": [READY, LIMIT]}, ODD_WINDOW]},
    ],
    ids=["one", "each sort", "alternatives", "two at once"],
)
def test_conditions_come_back_from_their_rows_as_they_were(rule):
    rows = rows_of(posted(rule))

    assert rows.problems() == []
    assert rows.said(conditions_in(rule)[0]) == rule


def test_lengths_and_shares_are_shown_as_people_say_them():
    assert row_fields(OLD)["value"] == "15 min"
    assert row_fields(FAILING)["value"] == "20 %"
    assert row_fields(OPEN)["value"] == "yes"


@pytest.mark.parametrize(
    ("condition", "changes", "said"),
    [
        (READY, {"value": ""}, "Say a value"),
        (READY, {"value": "many"}, "Write a number"),
        (READY, {"value": "nan"}, "Write a number"),
        (READY, {"value": "1e999"}, "Write a number"),
        (READY, {"queue": ""}, "Choose one"),
        (READY, {"queue": "nowhere"}, "Select a valid choice"),
        (READY, {"what": "weather"}, "Select a valid choice"),
        (OLD, {"value": "soon"}, "length of time"),
        (FAILING, {"value": "120 %"}, "from 0 to 100"),
        (OPEN, {"value": "perhaps"}, "yes or no"),
        (LIMIT, {"value": "much"}, "Write a number"),
        (FIRED, {"trigger": ""}, "Choose one"),
        (RAN, {"within": "99"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_row(condition, changes, said):
    sent = posted({"all": [READY, condition]})
    sent |= {f"c1-{name}": value for name, value in changes.items()}

    problems = rows_of(sent).problems()

    assert {where for where, _message in problems} == {"Condition 2"}
    assert any(said in message for _where, message in problems)


def test_no_condition_at_all_is_a_problem():
    assert rows_of({}).problems()
    assert rows_of({"n_rows": "99999999999"}).problems()


def test_buttons_add_rows_and_alternatives_and_remove_them():
    rule = {"all": [READY, OPEN]}

    def groups(button):
        rows = rows_of(posted(rule, row=button))
        return [[form["what"].value() for form in group.rows] for group in rows.shown]

    ready = "queue.ready"
    assert groups("add") == [[ready], ["asset"], [ready]]
    assert groups("or-0") == [[ready, ready], ["asset"]]
    assert groups("remove-0") == [["asset"]]
    for strange in ("remove-9", "or-9", "or-x", "jump"):
        assert groups(strange)[:2] == [[ready], ["asset"]]


def test_a_new_row_is_not_complained_about_and_gets_the_focus():
    rows = rows_of(posted({"all": [READY]}, row="add"))

    _first, new = [group.rows[0] for group in rows.shown]
    assert not new.errors
    assert "data-focus" in str(new["what"])


def test_there_is_an_end_to_rows():
    rows = rows_of(posted({"all": [READY] * 20}, row="add"))

    assert len(rows) == 20
    assert rows.is_full
