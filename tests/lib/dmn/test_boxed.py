"""Boxed expressions, each in a decision of its own."""

from apps.lib.dmn import evaluate
from tests.lib.dmn.models import decision, knowledge, literal, model_of, table, variable


def value_of(logic, context=None, **options):
    return evaluate(model_of(decision("D", logic, **options)), "D", context or {}).value


def entry(name, logic, type_ref=""):
    return f"<contextEntry>{variable(name, type_ref) if name else ''}{logic}</contextEntry>"


def test_entries_of_a_context_see_those_before_them():
    entries = entry("net price", literal("x * 2")) + entry("gross", literal("net price + 1"))

    assert value_of(f"<context>{entries}</context>", {"x": 2}) == {"net price": 4, "gross": 5}


def test_the_entry_without_a_name_is_the_result_of_a_context():
    entries = entry("a", literal("2")) + entry("", literal("a * 21"))

    assert value_of(f"<context>{entries}</context>") == 42


def test_an_entry_of_another_type_is_null():
    assert value_of(f"<context>{entry('a', literal('1'), 'string')}</context>") == {"a": None}


def test_tables_and_contexts_nest():
    inner = table([["> 1", '"many"'], ["<= 1", '"few"']], inputs=["n"])
    entries = entry("n", literal("count(items)")) + entry("size", inner)

    assert value_of(f"<context>{entries}</context>", {"items": [1, 2]})["size"] == "many"


def test_lists_and_relations():
    assert value_of(f"<list>{literal('1')}{literal('x')}</list>", {"x": "b"}) == [1, "b"]
    columns = '<column name="who"/><column name="age"/>'
    ann = literal('"Ann"') + literal("30")
    bo = literal('"Bo"') + literal("x")
    relation = f"<relation>{columns}<row>{ann}</row><row>{bo}</row></relation>"
    assert value_of(relation, {"x": 7}) == [{"who": "Ann", "age": 30}, {"who": "Bo", "age": 7}]


def test_conditionals_take_the_else_for_false_and_null():
    then, otherwise = literal('"then"'), literal('"else"')
    logic = (
        f"<conditional><if>{literal('x > 1')}</if><then>{then}</then>"
        f"<else>{otherwise}</else></conditional>"
    )

    assert [value_of(logic, {"x": x}) for x in (2, 1, "text")] == ["then", "else", "else"]
    assert value_of(logic.replace("x &gt; 1", "x"), {"x": 1}) is None


def test_filters_read_the_element_as_item_and_its_members():
    match = literal("age > 17 and item.ok")
    logic = f"<filter><in>{literal('people')}</in><match>{match}</match></filter>"
    people = [{"age": 20, "ok": True}, {"age": 10, "ok": True}, {"age": 30, "ok": False}]

    assert value_of(logic, {"people": people}) == [{"age": 20, "ok": True}]


def test_for_some_and_every_walk_through_a_list():
    source = f"<in>{literal('xs')}</in>"
    each = f'<for iteratorVariable="x">{source}<return>{literal("x * 2")}</return></for>'
    some = f'<some iteratorVariable="x">{source}<satisfies>{literal("x > 2")}</satisfies></some>'
    every = f'<every iteratorVariable="x">{source}<satisfies>{literal("x > 0")}</satisfies></every>'

    given = {"xs": [1, 2, 3]}
    assert [value_of(logic, given) for logic in (each, some, every)] == [[2, 4, 6], True, True]
    assert [value_of(logic, {"xs": []}) for logic in (each, some, every)] == [[], False, True]


def test_conditions_that_are_neither_true_nor_false_give_null():
    source = f"<in>{literal('[1]')}</in>"
    satisfies = f"<satisfies>{literal('1')}</satisfies>"

    assert value_of(f'<some iteratorVariable="x">{source}{satisfies}</some>') is None
    assert value_of(f"<filter>{source}<match>{literal('1')}</match></filter>") is None


def test_function_definitions_close_over_what_they_see():
    function = (
        '<functionDefinition><formalParameter name="n" typeRef="number"/>'
        f"{literal('n + x')}</functionDefinition>"
    )
    entries = entry("add", function) + entry("", literal("add(2)"))

    assert value_of(f"<context>{entries}</context>", {"x": 40}) == 42


def test_invocations_bind_parameters_by_name():
    logic = (
        f"<invocation>{literal('minus')}"
        f'<binding><parameter name="b"/>{literal("1")}</binding>'
        f'<binding><parameter name="a"/>{literal("x")}</binding></invocation>'
    )
    model = model_of(
        knowledge("minus", [("a", "number"), ("b", "number")], literal("a - b")),
        decision("D", logic, knowledge=["minus"]),
    )

    assert evaluate(model, "D", {"x": 10}).value == 9


def test_invoking_what_is_no_function_gives_null_with_the_reason():
    logic = f"<invocation>{literal('x')}</invocation>"

    result = evaluate(model_of(decision("D", logic)), "D", {"x": 1})
    assert result.value is None
    assert any("it invokes number, not a function" in each for each in result.warnings)


def test_a_list_of_one_stands_for_its_element_and_the_other_way_round():
    listed = '<itemDefinition name="tAll" isCollection="true"><typeRef>number</typeRef>'
    model = model_of(
        f"{listed}</itemDefinition>",
        decision("One", literal("[7]"), type_ref="number"),
        decision("All", literal("7"), type_ref="tAll"),
    )

    assert evaluate(model, "One", {}).value == 7
    assert evaluate(model, "All", {}).value == [7]
