"""Decisions that require others: scopes, types at the border, services, imports, limits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.lib.dmn import UnknownDecisionError, evaluate, read_dmn
from apps.lib.feel import FeelLimitError, Limits
from tests.lib.dmn.models import (
    decision,
    definitions,
    input_data,
    knowledge,
    literal,
    model_of,
    table,
)

SERVICE = """<decisionService id="s" name="Price service"><variable name="Price service"/>
  <outputDecision href="#gross"/><encapsulatedDecision href="#gross"/>
  <inputDecision href="#net"/><inputData href="#i_rate"/></decisionService>"""


def priced():
    return model_of(
        input_data("rate", "number"),
        input_data("amount", "number"),
        decision("Net", literal("amount * 0.9"), inputs=["amount"], type_ref="number"),
        decision("Gross", literal("Net * (1 + rate)"), inputs=["rate"], decisions=["Net"]),
        SERVICE,
    )


def test_required_decisions_are_evaluated_first_and_their_values_are_told():
    result = evaluate(priced(), "Gross", {"amount": 100, "rate": 0.5})

    assert result.value == 135
    assert result.decisions == {"net": 90, "gross": 135}


def test_decisions_are_found_by_id_or_name_and_others_are_refused_by_name():
    model = priced()

    assert evaluate(model, "net", {"amount": 10}).value == 9
    assert evaluate(model, "Net", {"amount": 10}).value == 9
    with pytest.raises(UnknownDecisionError, match="has no decision “Nett”.*Net"):
        evaluate(model, "Nett", {})


def test_a_decision_that_several_require_is_evaluated_once():
    rows = [["-", "x + 1"]]
    model = model_of(
        decision("Base", table(rows, inputs=["x"])),
        decision("Left", literal("Base"), decisions=["Base"]),
        decision("Right", literal("Base"), decisions=["Base"]),
        decision("Top", literal("Left + Right"), decisions=["Left", "Right"]),
    )

    result = evaluate(model, "Top", {"x": 1})
    assert result.value == 4
    assert len(result.matched) == 1


def test_a_given_value_never_stands_in_for_a_decision_with_logic():
    assert evaluate(priced(), "Gross", {"amount": 100, "rate": 0, "Net": 7}).value == 90


def test_a_decision_without_logic_takes_the_given_value():
    model = model_of(
        '<decision id="rating" name="Rating"><variable name="Rating"/></decision>',
        decision("Limit", literal("Rating * 10"), decisions=["Rating"]),
    )

    assert evaluate(model, "Limit", {"Rating": 3}).value == 30
    told = evaluate(model, "Limit", {}).warnings
    assert any("has no logic, and no value was given" in each for each in told)


def test_names_that_no_input_data_declares_can_be_read():
    assert evaluate(model_of(decision("Double", literal("x * 2"))), "Double", {"x": 4}).value == 8


def test_names_of_several_words_can_be_read_without_a_drawn_requirement():
    model = model_of(
        input_data("First Name", "string"), decision("Greeting", literal('"Hello " + First Name'))
    )

    assert evaluate(model, "Greeting", {"First Name": "Ann"}).value == "Hello Ann"


def test_names_with_spaces_and_signs_are_known_where_they_are_required():
    model = model_of(
        input_data("Applicant age", "number"),
        input_data("Loan-to-value", "number"),
        decision(
            "Pre-check result",
            literal("Applicant age + Loan-to-value"),
            inputs=["Applicant age", "Loan-to-value"],
        ),
        decision("Final", literal("Pre-check result * 2"), decisions=["Pre-check result"]),
    )

    assert evaluate(model, "Final", {"Applicant age": 30, "Loan-to-value": 1}).value == 62


def test_camunda_models_know_a_required_decision_without_a_variable_by_its_id():
    spring = literal('"spring"')
    season = f'<decision id="season" name="What season?">{spring}</decision>'
    model = model_of(season, decision("Dish", literal("season"), decisions=["season"]))

    assert evaluate(model, "Dish", {"season": "winter"}).value == "spring"


def test_a_required_decision_with_a_variable_is_known_by_that_alone():
    season = decision("season", literal('"spring"')).replace(
        '<variable name="season"/>', '<variable name="The season"/>'
    )
    model = model_of(season, decision("Dish", literal("season + The season"), decisions=["season"]))

    assert evaluate(model, "Dish", {"season": "winter"}).value == "winterspring"


def test_an_input_of_another_type_is_null_with_the_reason():
    result = evaluate(priced(), "Net", {"amount": "a lot"})

    assert result.value is None
    assert "amount is null: it should be number, but is string." in result.warnings


def test_dates_and_durations_come_as_texts_of_json():
    model = model_of(
        input_data("due", "date"),
        input_data("grace", "days and time duration"),
        decision("Last day", literal("due + grace"), inputs=["due", "grace"]),
    )

    value = evaluate(model, "Last day", {"due": "2026-02-27", "grace": "P2D"}).value
    assert str(value) == "2026-03-01"


def test_allowed_values_hold_for_inputs_components_and_collections():
    items = """<itemDefinition name="tColour"><typeRef>string</typeRef>
      <allowedValues><text>"red", "green"</text></allowedValues></itemDefinition>
      <itemDefinition name="tCar"><itemComponent name="paint"><typeRef>tColour</typeRef>
      </itemComponent></itemDefinition>
      <itemDefinition name="tPalette" isCollection="true"><typeRef>tColour</typeRef>
      <typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>"""
    model = model_of(
        items,
        input_data("car", "tCar"),
        input_data("palette", "tPalette"),
        decision("Paint", literal("car.paint"), inputs=["car"]),
        decision("Colours", literal("palette"), inputs=["palette"]),
    )

    assert evaluate(model, "Paint", {"car": {"paint": "red"}}).value == "red"
    assert evaluate(model, "Paint", {"car": {"paint": "blue"}}).value is None
    assert evaluate(model, "Colours", {"palette": ["red", "green"]}).value == ["red", "green"]
    assert evaluate(model, "Colours", {"palette": ["red", "blue"]}).value is None
    assert evaluate(model, "Colours", {"palette": ["red", "red", "red"]}).value is None


def test_a_value_of_another_type_than_the_decision_declares_is_null():
    result = evaluate(model_of(decision("Sum", literal('"x"'), type_ref="number")), "Sum", {})

    assert result.value is None
    assert "decision “Sum” is null: it should be number, but is string." in result.warnings


def test_a_service_takes_its_input_decisions_as_given():
    result = evaluate(priced(), "Price service", {"Net": 50, "rate": 1, "amount": 999})

    assert result.value == 100


def test_a_service_that_is_asked_directly_reads_what_no_parameter_declares():
    service = '<decisionService id="s" name="Fees"><outputDecision href="#fee"/></decisionService>'

    assert evaluate(model_of(decision("Fee", literal("x * 2")), service), "s", {"x": 4}).value == 8


def test_a_service_can_be_called_as_a_function_by_order_or_name():
    caller = decision("Ask", literal("Price service(1, 10)"), knowledge=["s"])
    named = decision("Ask by name", literal("Price service(rate: 1, Net: 20)"), knowledge=["s"])
    model = model_of(
        input_data("rate", "number"),
        decision("Net", literal("1"), type_ref="number"),
        decision("Gross", literal("Net * (1 + rate)"), inputs=["rate"], decisions=["Net"]),
        SERVICE,
        caller,
        named,
    )

    assert evaluate(model, "Ask", {}).value == 20
    assert evaluate(model, "Ask by name", {}).value == 40


def test_a_service_of_several_decisions_answers_with_a_context():
    service = """<decisionService id="s" name="Both"><outputDecision href="#a"/>
      <outputDecision href="#b"/></decisionService>"""
    model = model_of(decision("A", literal("1")), decision("B", literal("2")), service)

    assert evaluate(model, "Both", {}).value == {"A": 1, "B": 2}


def test_a_knowledge_model_may_call_others_and_itself():
    model = model_of(
        knowledge("twice", [("n", "number")], literal("n * 2")),
        knowledge(
            "factorial",
            [("n", "number")],
            literal("if n < 2 then twice(0.5) else n * factorial(n - 1)"),
            needs=["twice"],
        ),
        decision("Answer", literal("factorial(5)"), knowledge=["factorial"]),
    )

    assert evaluate(model, "Answer", {}).value == 120


def test_a_knowledge_model_sees_nothing_but_its_parameters():
    model = model_of(
        knowledge("peek", [("n", "number")], literal("n + secret")),
        decision("Answer", literal("peek(1)"), knowledge=["peek"]),
    )

    assert evaluate(model, "Answer", {"secret": 1}).value is None


def test_a_call_with_arguments_of_another_type_or_number_is_not_made():
    model = model_of(
        knowledge("f", [("n", "number")], literal("1")),
        decision("Wrong type", literal('f("x")'), knowledge=["f"]),
        decision("Too many", literal("f(1, 2)"), knowledge=["f"]),
        decision("Wrong name", literal("f(m: 1)"), knowledge=["f"]),
    )

    for name in ("Wrong type", "Too many", "Wrong name"):
        result = evaluate(model, name, {})
        assert result.value is None, name
        assert result.warnings, name


def test_endless_recursion_ends_with_the_limit_that_it_broke():
    model = model_of(
        knowledge("loop", [("n", "number")], literal("loop(n + 1)")),
        decision("Answer", literal("loop(1)"), knowledge=["loop"]),
    )

    with pytest.raises(FeelLimitError) as raised:
        evaluate(model, "Answer", {})
    assert raised.value.limit == "depth"


def test_limits_count_over_the_whole_evaluation():
    parts = [f"Part {n}" for n in range(4)]
    model = model_of(
        *(decision(each, literal("for i in 1..500 return i")) for each in parts),
        decision("Whole", literal("1"), decisions=parts),
    )

    def is_within(name, steps):
        try:
            evaluate(model, name, {}, limits=Limits(steps=steps))
        except FeelLimitError:
            return False
        return True

    enough = next(steps for steps in (500, 1_000, 2_000, 4_000) if is_within("Part 0", steps + 50))
    assert not is_within("Whole", enough + 50)
    assert is_within("Whole", 5 * enough)


def test_the_clock_is_the_one_that_is_given():
    model = model_of(decision("Year", literal("today().year")))

    clock = datetime(2031, 5, 6, tzinfo=UTC)
    assert evaluate(model, "Year", {}, clock=clock).value == 2031


def test_imports_bring_types_functions_decisions_and_inputs_under_their_name():
    theirs = read_dmn(
        definitions(
            '<itemDefinition name="tAmount"><typeRef>number</typeRef></itemDefinition>',
            input_data("amount", "number"),
            knowledge("add tax", [("n", "number")], literal("n * 1.2")),
            decision("Net price", literal("amount - 1"), inputs=["amount"]),
            namespace="their",
        )
    )
    ours = model_of(
        '<import namespace="their" name="lib" importType="DMN"/>',
        decision("Total", literal("lib.add tax(lib.Net price)"), type_ref="lib.tAmount").replace(
            "<literal",
            '<informationRequirement><requiredDecision href="their#net_price"/>'
            "</informationRequirement><knowledgeRequirement>"
            '<requiredKnowledge href="their#add_tax"/></knowledgeRequirement><literal',
            1,
        ),
        models=[theirs],
    )

    result = evaluate(ours, "Total", {"amount": 101})
    assert result.value == 120
    assert result.decisions == {"their#net_price": 100, "total": 120}


def test_only_models_that_are_imported_lend_their_elements():
    # modelers of Camunda give all models one namespace
    other = read_dmn(definitions(decision("Fee", literal("1")), decision("Extra", literal("2"))))
    ours = model_of(decision("Fee", literal("3")), models=[other])

    assert evaluate(ours, "Fee", {}).value == 3
    assert set(ours.decisions) == {"fee"}


def test_a_model_tells_which_names_it_reads_of_the_context():
    logic = table([["> limit", "a.b + c"]], inputs=["x"])
    model = model_of(input_data("amount"), decision("Fee", logic, inputs=["amount"]))

    assert model.reads == {"x", "limit", "a", "c", "amount"}


def test_one_model_serves_many_threads_at_once():
    model = priced()

    def gross(n):
        return evaluate(model, "Gross", {"amount": n, "rate": 0}).value

    with ThreadPoolExecutor(4) as pool:
        values = list(pool.map(gross, range(200)))
    assert values == [Decimal(n) * Decimal("0.9") for n in range(200)]
