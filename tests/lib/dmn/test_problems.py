"""What stands against a model is told at once, with its place and what to do."""

import pytest

from apps.lib.dmn import DmnError, evaluate, read_dmn
from apps.lib.errors import InvalidError
from tests.lib.dmn.models import (
    decision,
    definitions,
    input_data,
    knowledge,
    literal,
    table,
)


def problems_of(*parts):
    with pytest.raises(DmnError) as raised:
        read_dmn(definitions(*parts))
    return raised.value.problems


def only_problem(*parts):
    problems = problems_of(*parts)
    assert len(problems) == 1, problems
    return problems[0]


def test_an_unknown_hit_policy_is_named_with_those_that_there_are():
    problem = only_problem(decision("Fee", table([["1", "2"]], inputs=["x"], policy="BEST")))

    assert problem.element == "fee"
    assert "“BEST”" in problem.message
    assert "OUTPUT ORDER" in problem.advice


def test_an_unknown_aggregation_is_named():
    logic = table([["1", "2"]], inputs=["x"], policy="COLLECT", aggregation="MEAN")

    assert "“MEAN”" in only_problem(decision("Fee", logic)).message


def test_requirements_in_a_circle_are_shown_as_the_way_round():
    problem = only_problem(
        decision("A", literal("1"), decisions=["B"]),
        decision("B", literal("1"), decisions=["C"]),
        decision("C", literal("1"), decisions=["A"]),
    )

    assert "A → B → C → A" in problem.message


def test_knowledge_models_that_require_each_other_are_a_circle():
    problem = only_problem(
        knowledge("f", [("n", "number")], literal("n"), needs=["g"]),
        knowledge("g", [("n", "number")], literal("n"), needs=["f"]),
    )

    assert "f → g → f" in problem.message


def test_a_required_decision_that_is_not_drawn_is_told_with_the_decision_and_line():
    problem = only_problem("\n", decision("Fee", literal("1"), decisions=["Ghost"]))

    assert problem.element == "fee"
    assert "“ghost”, which is not in the model" in problem.message
    assert problem.line == 4


def test_a_syntax_error_in_a_cell_tells_decision_rule_cell_and_line():
    rows = [["< 10", '"low"'], ["[10..", '"high"']]
    problem = only_problem(decision("Risk", table(rows, inputs=["score"])))

    assert problem.element == "risk"
    assert "decision “Risk”, rule 2, input cell 1" in problem.message
    assert "[10.." in problem.message
    assert problem.line == 4


def test_a_syntax_error_in_an_output_and_in_an_input_expression_are_told_with_their_columns():
    logic = table([["-", "1 +"]], inputs=["(a"])
    messages = [each.message for each in problems_of(decision("Risk", logic))]

    assert any("input “(a”" in each for each in messages)
    assert any("rule 1, output cell 1" in each for each in messages)


def test_the_line_of_a_syntax_error_counts_within_the_text():
    problem = only_problem(decision("Sum", literal("1 +\n2 +\n* 3")))

    assert problem.line == 4


def test_everything_is_told_at_once_in_the_order_of_the_file():
    problems = problems_of(
        decision("One", literal("1 +")),
        decision("Two", table([["1", "2"]], inputs=["x"], policy="BEST")),
        decision("Three", literal("1"), decisions=["Ghost"], type_ref="tMissing"),
    )

    assert [each.element for each in problems] == ["one", "two", "three", "three"]


def test_the_error_is_a_422_whose_fields_name_the_elements():
    with pytest.raises(InvalidError) as raised:
        read_dmn(definitions(decision("A", literal("1 +")), decision("B", literal("2 +"))))

    assert raised.value.status == 422
    assert [each.path for each in raised.value.fields] == ["a", "b"]
    assert "1 more problem" in raised.value.message


def test_rules_with_too_few_or_too_many_cells_are_told():
    logic = table([["1", "2"]], inputs=["x"]).replace(
        '<rule id="r1">', '<rule id="r1"><inputEntry><text>-</text></inputEntry>'
    )

    problem = only_problem(decision("Fee", logic))
    assert "rule 1 has 2 + 1 cells, but the table has 1 + 1 columns" in problem.message


def test_priorities_without_output_values_are_told():
    logic = table([["1", '"x"']], inputs=["x"], policy="PRIORITY")

    assert "no output values to order by" in only_problem(decision("Fee", logic)).message


def test_several_outputs_need_names():
    logic = table([["1", "2", "3"]], inputs=["x"], outputs=["a", ""])

    assert "not a name for each" in only_problem(decision("Fee", logic)).message


def test_several_outputs_cannot_be_summed():
    logic = table(
        [["1", "2", "3"]], inputs=["x"], outputs=["a", "b"], policy="COLLECT", aggregation="SUM"
    )

    assert "aggregates several output columns" in only_problem(decision("Fee", logic)).message


def test_types_that_nothing_defines_are_told():
    problem = only_problem(input_data("Amount", "tMoney"))

    assert "“tMoney”, which nothing defines" in problem.message


def test_a_type_that_contains_itself_is_told():
    item = '<itemDefinition name="tTree"><itemComponent name="left"><typeRef>tTree</typeRef>'

    problem = only_problem(f"{item}</itemComponent></itemDefinition>")
    assert "“tTree” contains itself" in problem.message


def test_an_import_of_a_model_that_was_not_handed_in_is_told():
    problem = only_problem('<import namespace="other" name="their" importType="DMN"/>')

    assert "there is no model with the namespace “other”" in problem.message


def test_functions_outside_of_the_model_are_refused():
    body = '<context><contextEntry><variable name="class"/>' + literal('"java.lang.Math"')
    logic = f'<functionDefinition kind="Java">{body}</contextEntry></context></functionDefinition>'

    problem = only_problem(decision("Cosine", logic))
    assert "outside of the model (Java)" in problem.message


def test_external_functions_in_the_midst_of_feel_are_refused():
    text = 'function(x) external {java: {class: "java.lang.Math", method signature: "cos(double)"}}'

    problem = only_problem(decision("Cosine", literal(text)))
    assert "outside of the model (external)" in problem.message


def test_other_expression_languages_are_refused():
    logic = '<literalExpression expressionLanguage="juel"><text>1</text></literalExpression>'

    assert "written in juel" in only_problem(decision("Fee", logic)).message


def test_an_id_that_is_used_twice_is_told():
    assert "used twice" in only_problem(input_data("x"), input_data("x")).message


def test_logic_of_an_unknown_kind_is_told():
    assert "magic" in only_problem(decision("Fee", "<magic/>")).message


def test_empty_expressions_are_told():
    assert "no expression" in only_problem(decision("Fee", literal(" "))).message


def test_a_service_without_output_decisions_is_told():
    problem = only_problem('<decisionService id="s" name="S"/>')

    assert "no output decision" in problem.message


def test_a_tolerant_reading_keeps_the_problems_and_gives_null_for_what_is_broken():
    xml = definitions(decision("Broken", literal("1 +")), decision("Sound", literal("2")))
    model = read_dmn(xml, tolerant=True)

    assert [each.element for each in model.problems] == ["broken"]
    assert evaluate(model, "Broken", {}).value is None
    assert "is not FEEL" in evaluate(model, "Broken", {}).warnings[0]
    assert evaluate(model, "Sound", {}).value == 2


def test_a_tolerant_reading_leaves_out_rules_of_wrong_width():
    logic = table([["1", '"a"'], ["-", '"b"']], inputs=["x"]).replace(
        '<rule id="r1">', '<rule id="r1"><inputEntry><text>-</text></inputEntry>'
    )
    model = read_dmn(definitions(decision("Fee", logic)), tolerant=True)

    assert evaluate(model, "Fee", {"x": 1}).value == "b"


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned round"])
def test_too_many_levels_of_decisions_are_told(turned):
    chain = [decision("D0", literal("1"))]
    chain += [decision(f"D{n}", literal("1"), decisions=[f"D{n - 1}"]) for n in range(1, 60)]

    problems = problems_of(*(reversed(chain) if turned else chain))
    assert any("more than 40 levels" in each.message for each in problems)


@pytest.mark.parametrize(
    "part",
    ["<typeRef>t{n}</typeRef>", "<itemComponent name='a'><typeRef>t{n}</typeRef></itemComponent>"],
)
def test_types_nested_without_end_are_told_and_end_the_reading(part):
    items = [
        f'<itemDefinition name="t{n}">{part.format(n=n + 1)}</itemDefinition>' for n in range(2_000)
    ]

    assert "nested too deep" in only_problem(*items).message


def test_types_that_grow_at_each_level_are_told():
    twice = "<itemComponent name='{0}'><typeRef>t{1}</typeRef></itemComponent>"
    items = [
        f'<itemDefinition name="t{n}">{twice.format("a", n + 1)}{twice.format("b", n + 1)}'
        "</itemDefinition>"
        for n in range(40)
    ]
    last = '<itemDefinition name="t40"><typeRef>string</typeRef></itemDefinition>'

    problems = problems_of(*items, last)
    assert all("made of more than 2000 parts" in each.message for each in problems)
