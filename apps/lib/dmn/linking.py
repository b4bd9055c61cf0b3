"""From elements to nodes: references followed, circles and loose ends told, logic compiled."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.utils.translation import gettext as _

from apps.lib.feel.values import Value

from .elements import (
    Decision,
    Definitions,
    InputData,
    Knowledge,
    Place,
    Requirement,
    Service,
)
from .errors import Problems
from .frames import service_frame, service_value
from .functions import Signature, make_function
from .item_types import result_of
from .logic import LogicCompiler
from .nodes import (
    DecisionNode,
    InputNode,
    Key,
    KnowledgeNode,
    Need,
    Node,
    ServiceNode,
    aliases_of,
    variable_of,
)
from .running import DecisionRun, Scope

MAX_LEVELS = 40  # of decisions that require each other; an evaluation goes MAX_DEPTH deep

Drawn = InputData | Decision | Knowledge | Service
Found = TypeVar("Found", bound=Node)


class Linker:
    """Makes the nodes of one file. `others` are the nodes of imported models by namespace and id,
    `import_names` the names that the file gives their namespaces."""

    def __init__(
        self,
        definitions: Definitions,
        compiler: LogicCompiler,
        others: Mapping[Key, Node],
        import_names: Mapping[str, str],
        problems: Problems,
    ) -> None:
        self._namespace = definitions.namespace
        self._compiler = compiler
        self._problems = problems
        self._import_names = import_names
        self._drawn: dict[str, Drawn] = {
            each.id: each
            for group in (
                definitions.inputs,
                definitions.decisions,
                definitions.knowledge,
                definitions.services,
            )
            for each in group
        }
        self._under_way: list[str] = []
        self.nodes: dict[Key, Node] = dict(others)

    def link(self) -> dict[Key, Node]:
        """Return the nodes of this file by key, and those of imported ones."""
        for each in self._drawn.values():
            self._own(each)
        return self.nodes

    def _own(self, drawn: Drawn) -> Node | None:
        """Return the node of `drawn`; None, and a problem, where its requirements go in circles."""
        key = (self._namespace, drawn.id)
        if key in self.nodes:
            return self.nodes[key]
        if drawn.id in self._under_way:
            self._report_circle(drawn)
            return None
        self._under_way.append(drawn.id)
        self.nodes[key] = self._make(drawn, key)
        self._under_way.pop()
        return self.nodes[key]

    def _make(self, drawn: Drawn, key: Key) -> Node:
        if isinstance(drawn, InputData):
            return InputNode(key, drawn.name, self._compiler.type_of(drawn.type_ref, drawn.place))
        if isinstance(drawn, Decision):
            return self._decision(drawn, key)
        if isinstance(drawn, Knowledge):
            return self._knowledge(drawn, key)
        return self._service(drawn, key)

    def _report_circle(self, drawn: Drawn) -> None:
        way = [*self._under_way[self._under_way.index(drawn.id) :], drawn.id]
        self._problems.add(
            drawn.id,
            drawn.place.line,
            _("%(place)s requires itself: %(way)s.")
            % {"place": drawn.place.way, "way": " → ".join(self._drawn[each].name for each in way)},
            _("Remove one of these requirements."),
        )

    def _report_levels(self, drawn: Decision) -> None:
        self._problems.add(
            drawn.id,
            drawn.place.line,
            _("%(place)s stands on more than %(n)d levels of decisions.")
            % {"place": drawn.place.way, "n": MAX_LEVELS},
            _("Join some of them."),
        )

    # --- what is required

    def _required(self, requirement: Requirement, place: Place) -> Node | None:
        if requirement.namespace == self._namespace:
            drawn = self._drawn.get(requirement.id)
            if drawn is not None:
                return self._own(drawn)
        elif (requirement.namespace, requirement.id) in self.nodes:
            return self.nodes[requirement.namespace, requirement.id]
        self._problems.add(
            place.element,
            requirement.line,
            _("%(place)s requires “%(id)s”, which is not in the model.")
            % {"place": place.way, "id": requirement.id},
            _("Draw it, import the model that has it, or remove the requirement."),
        )
        return None

    def _all(
        self, requirements: Iterable[Requirement], place: Place, kind: type[Found]
    ) -> list[tuple[Found, str]]:
        """Return the required nodes of one kind, each with its import's name, or ""."""
        found: list[tuple[Found, str]] = []
        for each in requirements:
            node = self._required(each, place)
            if isinstance(node, kind):
                found.append((node, self._within(node)))
        return found

    def _within(self, node: Node) -> str:
        return self._import_names.get(node.key[0], "") if node.key[0] != self._namespace else ""

    def _functions(self, requirements: Iterable[Requirement], place: Place) -> Scope:
        """Return the functions that the required knowledge and services are, by name."""
        wanted = [each for each in requirements if each.kind == "knowledge"]
        found: Scope = {}
        callables: list[tuple[KnowledgeNode | ServiceNode, str]] = [
            *self._all(wanted, place, KnowledgeNode),
            *self._all(wanted, place, ServiceNode),
        ]
        for node, within in callables:
            holder = found.setdefault(within, {}) if within else found
            holder[node.name] = node.function
        return found

    # --- each kind of node

    def _decision(self, drawn: Decision, key: Key) -> DecisionNode:
        needs = self._needs(drawn)
        functions = self._functions(drawn.requirements, drawn.place)
        names = {name for need in needs for name in _names(need)} | set(functions)
        wanted = self._compiler.type_of(drawn.type_ref, drawn.place)
        logic = None
        if drawn.logic is not None:
            code = self._compiler.boxed(drawn.logic, frozenset(names))
            logic = self._compiler.typed(code, wanted, drawn.place)
        return DecisionNode(
            key=key,
            name=drawn.name,
            variables=drawn.variables,
            question=drawn.question,
            type=wanted,
            logic=logic,
            needs=needs,
            functions=functions,
            levels=1 + max((_levels(each) for each in needs), default=0),
            way=drawn.place.way,
        )

    def _needs(self, drawn: Decision) -> tuple[Need, ...]:
        information = [each for each in drawn.requirements if each.kind != "knowledge"]
        needs = (
            *(Need(*each) for each in self._all(information, drawn.place, InputNode)),
            *(Need(*each) for each in self._all(information, drawn.place, DecisionNode)),
        )
        if any(_levels(each) >= MAX_LEVELS for each in needs):
            self._report_levels(drawn)
        return needs

    def _knowledge(self, drawn: Knowledge, key: Key) -> KnowledgeNode:
        scope = self._functions(drawn.requirements, drawn.place)
        function = drawn.function
        result = result_of(self._compiler.type_of(drawn.type_ref, drawn.place))
        if function is None:
            return KnowledgeNode(
                key, drawn.name, make_function(Signature(drawn.name, ()), _nothing)
            )
        plain = self._compiler.signature(function, drawn.name)
        signature = Signature(drawn.name, plain.parameters, result)
        known = {drawn.name, *scope, *(name for name, _type in signature.parameters)}
        if function.kind == "FEEL" and function.body is not None:
            body = self._compiler.boxed(function.body, frozenset(known))
        else:
            body = self._compiler.refuse_external(function.place, function.kind)
        made = make_function(signature, lambda run, arguments: body(run, {**scope, **arguments}))
        scope[drawn.name] = made  # so that it may call itself
        return KnowledgeNode(key, drawn.name, made)

    def _service(self, drawn: Service, key: Key) -> ServiceNode:
        decisions = [n for n, _w in self._all(drawn.input_decisions, drawn.place, DecisionNode)]
        inputs = [n for n, _w in self._all(drawn.input_data, drawn.place, InputNode)]
        outputs = [n for n, _w in self._all(drawn.output_decisions, drawn.place, DecisionNode)]
        self._all(drawn.encapsulated_decisions, drawn.place, DecisionNode)
        parameters: tuple[InputNode | DecisionNode, ...] = (*inputs, *decisions)
        signature = Signature(
            drawn.name,
            tuple((variable_of(each), each.type) for each in parameters),
            result_of(self._compiler.type_of(drawn.type_ref, drawn.place)),
        )
        function = make_function(
            signature,
            lambda run, arguments: service_value(service_frame(run, node, arguments), node),
        )
        node = ServiceNode(key, drawn.name, parameters, tuple(outputs), signature.result, function)
        return node


def _levels(need: Need) -> int:
    return need.node.levels if isinstance(need.node, DecisionNode) else 0


def _names(need: Need) -> tuple[str, ...]:
    return (need.within,) if need.within else aliases_of(need.node)


def _nothing(run: DecisionRun, scope: Scope) -> Value:
    return None
