"""From XML to elements: the definitions of a file, with every problem of its shape."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from .boxed_reading import read_boxed, read_function
from .elements import (
    Decision,
    Definitions,
    FunctionItem,
    Import,
    InputData,
    ItemDefinition,
    Knowledge,
    Named,
    Place,
    Requirement,
    Service,
)
from .errors import Problems
from .markup import Element, child, children, line_of, local_name, text_of
from .texts import read_text, type_ref_of

BOXED = (
    "literalExpression",
    "decisionTable",
    "context",
    "invocation",
    "list",
    "relation",
    "functionDefinition",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
)
REQUIREMENTS = {
    "requiredDecision": "decision",
    "requiredInput": "input",
    "requiredKnowledge": "knowledge",
}


def read_definitions(root: Element, problems: Problems) -> Definitions:
    """Return what the file defines; what is wrong with its shape goes to `problems`."""
    namespace = root.get("namespace", "")
    _report_doubles(root, problems)
    return Definitions(
        id=root.get("id", ""),
        name=name_of(root),
        namespace=namespace,
        imports=tuple(_imports(root)),
        items=tuple(
            read_item(each, place_of(each, _("type")), problems)
            for each in children(root, "itemDefinition")
        ),
        inputs=tuple(_input(each) for each in children(root, "inputData")),
        decisions=tuple(
            _decision(each, namespace, problems) for each in children(root, "decision")
        ),
        knowledge=tuple(
            _knowledge(each, namespace, problems)
            for each in children(root, "businessKnowledgeModel")
        ),
        services=tuple(
            _service(each, namespace, problems) for each in children(root, "decisionService")
        ),
    )


def name_of(element: Element) -> str:
    """Return the name with its spaces made single, as FEEL compares names."""
    return " ".join(element.get("name", "").split())


def id_of(element: Element) -> str:
    return element.get("id") or name_of(element)


def place_of(element: Element, kind: str) -> Place:
    title = name_of(element) or id_of(element)
    return Place(id_of(element), title, f"{kind} “{title}”", line_of(element))


def _report_doubles(root: Element, problems: Problems) -> None:
    seen: dict[str, Element] = {}
    kinds = ("decision", "inputData", "businessKnowledgeModel", "decisionService")
    for element in children(root, *kinds):
        key = id_of(element)
        if not key:
            problems.add(
                local_name(element),
                line_of(element),
                _("A %(kind)s has neither id nor name.") % {"kind": local_name(element)},
                _("Give it a name."),
            )
        elif key in seen:
            problems.add(
                key,
                line_of(element),
                _("The id “%(id)s” is used twice.") % {"id": key},
                _("Give each element an id of its own."),
            )
        seen[key] = element


def _imports(root: Element) -> Iterator[Import]:
    for each in children(root, "import"):
        kind = each.get("importType", "")
        if "DMN" in kind or not kind:
            yield Import(each.get("namespace", ""), name_of(each), place_of(each, _("import")))


def read_item(element: Element, place: Place, problems: Problems) -> ItemDefinition:
    components = tuple(
        read_item(each, place.inside(name_of(each), line_of(each)), problems)
        for each in children(element, "itemComponent")
    )
    return ItemDefinition(
        name=name_of(element),
        type_ref=type_ref_of(element),
        is_collection=element.get("isCollection") in ("true", "1"),
        components=components,
        function=_function_item(child(element, "functionItem")),
        allowed_values=read_text(element, "allowedValues", place.inside(_("allowed values"))),
        constraint=read_text(element, "typeConstraint", place.inside(_("type constraint"))),
        place=place,
    )


def _function_item(element: Element | None) -> FunctionItem | None:
    if element is None:
        return None
    parameters = tuple(
        Named(name_of(each), type_ref_of(each)) for each in children(element, "parameters")
    )
    return FunctionItem(parameters, type_ref_of(element, "outputTypeRef"))


def _variable_type(element: Element) -> str | None:
    variable = child(element, "variable")
    return None if variable is None else type_ref_of(variable)


def _variable_name(element: Element) -> str:
    variable = child(element, "variable")
    return (name_of(variable) if variable is not None else "") or name_of(element)


def _input(element: Element) -> InputData:
    return InputData(
        id=id_of(element),
        name=_variable_name(element) or id_of(element),
        type_ref=_variable_type(element),
        place=place_of(element, _("input")),
    )


def _decision(element: Element, namespace: str, problems: Problems) -> Decision:
    place = place_of(element, _("decision"))
    logic = child(element, *BOXED)
    _report_strange_logic(element, place, problems)
    return Decision(
        id=id_of(element),
        name=name_of(element) or id_of(element),
        variables=_variables(element),
        type_ref=_variable_type(element),
        requirements=tuple(_requirements(element, namespace)),
        logic=None if logic is None else read_boxed(logic, place, problems),
        question=text_of(element, "question"),
        place=place,
    )


def _variables(element: Element) -> tuple[str, ...]:
    """Return the name of the variable; without one, name and id, as Camunda's engines have it."""
    variable = child(element, "variable")
    if variable is not None and name_of(variable):
        return (name_of(variable),)
    names = [name_of(element), id_of(element)]
    return tuple(dict.fromkeys(name for name in names if name))


def _report_strange_logic(element: Element, place: Place, problems: Problems) -> None:
    known = {
        *BOXED,
        *("description", "extensionElements", "question", "allowedAnswers", "variable"),
        *("informationRequirement", "knowledgeRequirement", "authorityRequirement"),
        *("supportedObjective", "impactedPerformanceIndicator", "decisionMaker", "decisionOwner"),
        *("usingProcess", "usingTask", "performanceIndicator"),
    }
    for each in children(element):
        if local_name(each) not in known:
            problems.add(
                place.element,
                line_of(each),
                _("%(place)s has logic of a kind that is not known: %(tag)s.")
                % {"place": place.way, "tag": local_name(each)},
                _("Use a decision table, a literal expression or another boxed expression."),
            )


def _requirements(element: Element, namespace: str) -> Iterator[Requirement]:
    for each in children(element, "informationRequirement", "knowledgeRequirement"):
        for reference in children(each, *REQUIREMENTS):
            yield _reference(reference, namespace, REQUIREMENTS[local_name(reference)])


def _reference(element: Element, namespace: str, kind: str) -> Requirement:
    before, _hash, name = element.get("href", "").rpartition("#")
    return Requirement(kind, before or namespace, name, line_of(element))


def _knowledge(element: Element, namespace: str, problems: Problems) -> Knowledge:
    place = place_of(element, _("knowledge model"))
    logic = child(element, "encapsulatedLogic")
    return Knowledge(
        id=id_of(element),
        name=_variable_name(element) or id_of(element),
        type_ref=_variable_type(element),
        requirements=tuple(_requirements(element, namespace)),
        function=None if logic is None else read_function(logic, place, problems),
        place=place,
    )


def _service(element: Element, namespace: str, problems: Problems) -> Service:
    place = place_of(element, _("decision service"))

    def references(name: str, kind: str) -> tuple[Requirement, ...]:
        return tuple(_reference(each, namespace, kind) for each in children(element, name))

    outputs = references("outputDecision", "decision")
    if not outputs:
        problems.add(
            place.element,
            place.line,
            _("The decision service “%(name)s” has no output decision.")
            % {"name": name_of(element)},
            _("Choose the decisions that it answers with."),
        )
    return Service(
        id=id_of(element),
        name=_variable_name(element) or id_of(element),
        type_ref=_variable_type(element),
        output_decisions=outputs,
        encapsulated_decisions=references("encapsulatedDecision", "decision"),
        input_decisions=references("inputDecision", "decision"),
        input_data=references("inputData", "input"),
        place=place,
    )
