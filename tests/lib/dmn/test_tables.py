"""Decision tables: what each hit policy makes of the rules that match, and what is told of them."""

from decimal import Decimal

import pytest

from apps.lib.dmn import evaluate
from tests.lib.dmn.models import decision, input_data, knowledge, literal, model_of, table

# of a number, so that 0 matches none, 5 the first two, 50 all three
OVERLAPPING = [["> 1", '"low"'], ["> 4", '"middle"'], ["> 10", '"high"']]


def decided(x, rules=OVERLAPPING, **options):
    logic = table(rules, inputs=["x"], **options)
    return evaluate(model_of(decision("Level", logic)), "Level", {"x": x})


def numbered(matches):
    return [(each.rule, each.applied) for each in matches]


def test_unique_gives_the_one_rule_that_matches():
    result = decided(3)

    assert result.value == "low"
    assert numbered(result.matched) == [(1, True)]


def test_unique_gives_null_and_names_the_rules_when_several_match():
    result = decided(50)

    assert result.value is None
    assert numbered(result.matched) == [(1, False), (2, False), (3, False)]
    assert "rules 1, 2, 3 match, but only one may" in result.warnings[0]
    assert result.violations == result.warnings


def test_first_stops_at_the_first_rule():
    result = decided(50, policy="FIRST")

    assert result.value == "low"
    assert numbered(result.matched) == [(1, True)]


def test_any_gives_what_all_rules_agree_on():
    agreeing = [["> 1", '"yes"'], ["> 4", '"yes"']]
    result = decided(50, agreeing, policy="ANY")

    assert result.value == "yes"
    assert numbered(result.matched) == [(1, True), (2, True)]


def test_any_gives_null_when_rules_differ():
    result = decided(50, policy="ANY")

    assert result.value is None
    assert "their outputs differ" in result.warnings[0]


def test_priority_gives_the_output_that_stands_first_in_the_output_values():
    result = decided(50, policy="PRIORITY", values=['"high", "middle", "low"'])

    assert result.value == "high"
    assert numbered(result.matched) == [(1, False), (2, False), (3, True)]


def test_output_order_lists_the_outputs_by_their_priority():
    result = decided(50, policy="OUTPUT ORDER", values=['"middle", "high", "low"'])

    assert result.value == ["middle", "high", "low"]


@pytest.mark.parametrize("policy", ["RULE ORDER", "COLLECT"])
def test_rule_order_and_collect_list_the_outputs_as_the_rules_stand(policy):
    assert decided(50, policy=policy).value == ["low", "middle", "high"]


@pytest.mark.parametrize(
    ("aggregation", "value"), [("SUM", 60), ("MIN", 10), ("MAX", 30), ("COUNT", 3)]
)
def test_collect_aggregates_numbers(aggregation, value):
    rules = [["> 1", "10"], ["> 4", "20"], ["> 10", "30"]]

    result = decided(50, rules, policy="COLLECT", aggregation=aggregation)
    assert result.value == Decimal(value)


def test_an_aggregation_that_a_modeler_left_behind_means_nothing():
    assert decided(50, policy="RULE ORDER", aggregation="SUM").value == ["low", "middle", "high"]


def test_sums_of_what_cannot_be_added_are_null_with_the_reason():
    rules = [["> 1", "10"], ["> 4", '"x"']]

    result = decided(50, rules, policy="COLLECT", aggregation="SUM")
    assert result.value is None
    assert "can't be added up" in result.warnings[-1]


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY"])
def test_without_a_match_single_policies_give_null_and_say_so(policy):
    result = decided(0, policy=policy)

    assert (result.value, result.matched) == (None, ())
    assert "No rule of decision “Level” matches." in result.warnings


def test_without_a_match_listing_policies_give_an_empty_list_and_count_gives_0():
    assert decided(0, policy="COLLECT").value == []
    assert decided(0, policy="COLLECT", aggregation="COUNT").value == 0
    assert decided(0, policy="COLLECT", aggregation="SUM").value is None


def test_the_default_output_stands_in_where_no_rule_matches():
    assert decided(0, default='"none"').value == "none"
    assert decided(0, default='"none"', policy="COLLECT").value == ["none"]


def test_several_outputs_make_a_context():
    rules = [["> 1", '"ok"', "0.5"]]
    result = decided(3, rules, outputs=["verdict", "rate"])

    assert result.value == {"verdict": "ok", "rate": Decimal("0.5")}
    assert result.matched[0].outputs == result.value


def test_priority_weighs_the_first_column_most_and_the_order_of_rules_last():
    rules = [["> 1", '"b"', '"x"'], ["> 1", '"a"', '"y"'], ["> 1", '"a"', '"x"']]
    values = ['"a", "b"', '"x", "y"']

    result = decided(3, rules, outputs=["p", "q"], values=values, policy="OUTPUT ORDER")
    assert [(each["p"], each["q"]) for each in result.value] == [("a", "x"), ("a", "y"), ("b", "x")]


def test_a_match_tells_each_column_with_its_value_and_the_test_it_passed():
    logic = table(
        [['"DE", "AT"', "[100..500)", '"team lead"']], inputs=["country", "amount * 2"]
    ).replace("</rule>", "<annotationEntry><text>policy 4.2</text></annotationEntry></rule>")
    logic = logic.replace("<rule ", '<annotation name="source"/><rule ', 1)
    model = model_of(decision("Approver", logic))

    match = evaluate(model, "approver", {"country": "AT", "amount": 99.5}).matched[0]
    assert (match.decision, match.decision_name) == ("approver", "Approver")
    assert (match.rule, match.rule_id) == (1, "r1")
    seen = [(each.label, each.expression, each.value, each.test) for each in match.inputs]
    assert seen == [
        ("country", "country", "AT", '"DE", "AT"'),
        ("amount * 2", "amount * 2", 199, "[100..500)"),
    ]
    assert match.annotations == (("source", "policy 4.2"),)


def test_matches_of_required_decisions_and_knowledge_models_come_first():
    score = table([["> 5", '"good"'], ["<= 5", '"bad"']], inputs=["x"])
    model = model_of(
        input_data("x", "number"),
        knowledge("grade", [("n", "number")], table([["-", "n + 1"]], inputs=["n"])),
        decision("Score", score, inputs=["x"]),
        decision(
            "Final", literal("Score + string(grade(1))"), decisions=["Score"], knowledge=["grade"]
        ),
    )

    result = evaluate(model, "Final", {"x": 9})
    assert result.value == "good2"
    assert [(each.decision, each.rule) for each in result.matched] == [("score", 1), ("grade", 1)]
    assert result.decisions == {"score": "good", "final": "good2"}


def test_empty_cells_and_dashes_match_everything():
    rules = [["", '"empty"'], ["-", '"dash"']]

    assert decided(None, rules, policy="COLLECT").value == ["empty", "dash"]


def test_cells_may_read_other_variables_and_the_value_itself():
    rules = [["> limit", '"above"'], ["? * 2 > limit", '"near"'], ["-", '"below"']]
    logic = table(rules, inputs=["x"], policy="FIRST")
    model = model_of(decision("Level", logic))

    values = [evaluate(model, "Level", {"x": x, "limit": 10}).value for x in (11, 6, 5)]
    assert values == ["above", "near", "below"]


def test_a_table_without_inputs_always_matches():
    assert decided(1, []).value is None
    logic = table([['"always"']], inputs=[])
    assert evaluate(model_of(decision("Level", logic)), "Level", {}).value == "always"


def test_the_whole_result_becomes_json_to_be_kept():
    model = model_of(
        decision("Due", table([["> 1", 'date("2026-03-01")']], inputs=["x"], outputs=["when"]))
    )

    assert evaluate(model, "due", {"x": 2.5}).to_json() == {
        "value": "2026-03-01",
        "matched": [
            {
                "decision": "due",
                "decision_name": "Due",
                "rule": 1,
                "rule_id": "r1",
                "applied": True,
                "inputs": [{"label": "x", "expression": "x", "value": 2.5, "test": "> 1"}],
                "outputs": {"when": "2026-03-01"},
                "annotations": [],
            }
        ],
        "decisions": {"due": "2026-03-01"},
        "warnings": [],
        "violations": [],
    }


def test_a_value_that_no_column_expects_is_told_when_no_rule_matches():
    logic = table([['"red"', "1"]], inputs=["colour"]).replace(
        "</inputExpression>",
        '</inputExpression><inputValues><text>"red", "green"</text></inputValues>',
    )
    model = model_of(decision("Level", logic))

    assert evaluate(model, "Level", {"colour": "red"}).warnings == ()
    told = evaluate(model, "Level", {"colour": "blue"}).warnings
    assert any("“colour” is not among the input values" in each for each in told)


def test_columns_whose_type_a_modeler_wrote_by_itself_take_other_values():
    logic = table([["< 10000", "true"]], inputs=["balance"])
    logic = logic.replace("<inputExpression>", '<inputExpression typeRef="string">')
    model = model_of(decision("Good", logic.replace("<output ", '<output typeRef="string" ')))

    assert evaluate(model, "Good", {"balance": 9000}).value is True


def test_a_column_of_dates_reads_the_texts_of_json():
    logic = table(
        [['< date("2026-01-01")', '"old"'], ["-", '"new"']], inputs=["day"], policy="FIRST"
    )
    model = model_of(
        decision("Age", logic.replace("<inputExpression>", '<inputExpression typeRef="date">'))
    )

    days = ["2025-12-31", "2026-01-01"]
    assert [evaluate(model, "Age", {"day": day}).value for day in days] == ["old", "new"]
