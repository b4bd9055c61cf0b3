import pytest

from apps.lib.feel import compile_expression, from_json, to_json
from apps.workflows.bpmn.camunda7.juel import NotConvertibleError, is_juel, to_feel


@pytest.mark.parametrize(
    ("juel", "feel"),
    [
        ("${approved}", "approved"),
        ("#{ input == 'left' }", 'input = "left"'),
        ("${a && !b || c}", "a and not(b) or c"),
        ("${(a || b) and c}", "(a or b) and c"),
        ("${not a ne b}", "not(a) != b"),
        ("${a - (b - c)}", "a - (b - c)"),
        ("${-a * 3 % 2}", "modulo(-a * 3, 2)"),
        ("${orders[1].price ge 250}", "orders[2].price >= 250"),
        ("${orders[i]['unit']}", "orders[i + 1].unit"),
        ("${x == 1 ? 'a' : 'b'}", 'if x = 1 then "a" else "b"'),
        ("${loopCounter}", "(loopCounter - 1)"),
        ("${empty list}", '(list = null or list = "" or list = [])'),
        ("Order ${id} of ${name}", '"Order " + string(id) + " of " + string(name)'),
        ("${'}'}", '"}"'),
        (r"${'it\'s'}", '"it\'s"'),
        ("${a == null}", "a = null"),
        ("${for == 1}", "`for` = 1"),
    ],
)
def test_expressions_are_said_in_feel(juel, feel):
    assert to_feel(juel) == feel


@pytest.mark.parametrize(
    ("juel", "value"),
    [
        ("${a + b * 2}", 7),
        ("${a < b ? 'less' : 'more'}", "less"),
        ("${list[0] + list[a]}", 30),
        ("${a == 1 and (b == 3 or missing.thing)}", True),
        ("n=${a}", "n=1"),
    ],
)
def test_they_still_mean_the_same(juel, value):
    variables = {"a": 1, "b": 3, "list": [10, 20]}

    found = compile_expression(to_feel(juel)).evaluate(
        {name: from_json(each) for name, each in variables.items()}
    )

    assert to_json(found) == value


@pytest.mark.parametrize(
    ("juel", "why"),
    [
        ("${bean.call()}", "calls “bean.call”"),
        ("${call(x)}", "calls “call”"),
        ("${execution.businessKey}", "reads “execution”"),
        ("${a", "} is missing"),
        ("${a ? b}", "not understood"),
        ("${a..b}", "not understood"),
        ("${a ~ b}", "not understood"),
        ("${}", "ends too early"),
        ("${a +}", "ends too early"),
        ("${" + "(" * 500 + "a" + ")" * 500 + "}", "nested too deep"),
        ("${" + "!" * 500 + "a}", "nested too deep"),
        ("${" + "a ? b : " * 500 + "c}", "nested too deep"),
        ("${" + "a + " * 5000 + "c}", "too long"),
    ],
)
def test_what_can_not_be_said_in_feel_is_refused_with_the_reason(juel, why):
    with pytest.raises(NotConvertibleError) as caught:
        to_feel(juel)

    assert why in str(caught.value)


def test_only_texts_with_expressions_are_juel():
    assert is_juel("a ${b}")
    assert not is_juel("=a > 1")
