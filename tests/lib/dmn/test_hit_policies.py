"""Laws of hit policies, held against tables and inputs made up at random."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.lib.dmn import evaluate
from tests.lib.dmn.models import decision, model_of, table

GRADES = ["a", "b", "c"]
RULES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(GRADES)), max_size=6
)
quick = settings(max_examples=60, deadline=None)


def asked(rules, x, policy, *, aggregation="", outputs=None):
    outputs = outputs or [f'"{grade}"' for _low, _high, grade in rules]
    rows = [
        [f"[{low}..{high}]", output]
        for (low, high, _grade), output in zip(rules, outputs, strict=True)
    ]
    values = ['"a", "b", "c"'] if policy in ("PRIORITY", "OUTPUT ORDER") else []
    logic = table(rows, inputs=["x"], policy=policy, aggregation=aggregation, values=values)
    return evaluate(model_of(decision("Pick", logic)), "Pick", {"x": x})


def grades_that_match(rules, x):
    return [grade for low, high, grade in rules if low <= x <= high]


@quick
@given(rules=RULES, x=st.integers(0, 9))
def test_collect_and_rule_order_list_exactly_the_rules_that_match_in_order(rules, x):
    expected = grades_that_match(rules, x)

    assert asked(rules, x, "COLLECT").value == expected
    assert asked(rules, x, "RULE ORDER").value == expected


@quick
@given(rules=RULES, x=st.integers(0, 9))
def test_first_gives_the_first_of_what_collect_lists(rules, x):
    expected = grades_that_match(rules, x)

    assert asked(rules, x, "FIRST").value == (expected[0] if expected else None)


@quick
@given(rules=RULES, x=st.integers(0, 9))
def test_unique_has_a_value_only_if_exactly_one_rule_matches(rules, x):
    expected = grades_that_match(rules, x)

    assert asked(rules, x, "UNIQUE").value == (expected[0] if len(expected) == 1 else None)


@quick
@given(rules=RULES, x=st.integers(0, 9))
def test_any_has_a_value_only_if_all_that_match_agree(rules, x):
    expected = set(grades_that_match(rules, x))

    assert asked(rules, x, "ANY").value == (expected.pop() if len(expected) == 1 else None)


@quick
@given(rules=RULES, x=st.integers(0, 9))
def test_output_order_sorts_what_collect_lists_and_priority_takes_its_best(rules, x):
    expected = sorted(grades_that_match(rules, x))

    assert asked(rules, x, "OUTPUT ORDER").value == expected
    assert asked(rules, x, "PRIORITY").value == (expected[0] if expected else None)


@quick
@given(rules=RULES, x=st.integers(0, 9), data=st.data())
def test_aggregations_are_those_of_the_numbers_that_match(rules, x, data):
    numbers = data.draw(st.lists(st.integers(-99, 99), min_size=len(rules), max_size=len(rules)))
    matching = [
        Decimal(number)
        for (low, high, _grade), number in zip(rules, numbers, strict=True)
        if low <= x <= high
    ]
    outputs = [str(number) for number in numbers]

    for name, expected in (("SUM", sum), ("MIN", min), ("MAX", max), ("COUNT", len)):
        value = asked(rules, x, "COLLECT", aggregation=name, outputs=outputs).value
        if matching or name == "COUNT":
            assert value == expected(matching)
        else:
            assert value is None


@quick
@given(rules=RULES, x=st.integers(0, 9), policy=st.sampled_from(["COLLECT", "ANY", "PRIORITY"]))
def test_every_rule_that_matches_is_told_once_with_the_value_that_it_saw(rules, x, policy):
    told = asked(rules, x, policy).matched

    expected = [n for n, (low, high, _grade) in enumerate(rules, 1) if low <= x <= high]
    assert [each.rule for each in told] == expected
    assert all(each.inputs[0].value == x for each in told)
