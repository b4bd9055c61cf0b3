"""Reads decision models, and evaluates their decisions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext as _

from apps.lib.feel import from_json
from apps.lib.feel.limits import LIMITS, Limits
from apps.lib.feel.run import Clock, too_deep
from apps.lib.feel.values import Value

from .compiling import compile_allowed
from .elements import Definitions, ItemDefinition
from .errors import DmnError, DmnProblem, Problems, UnknownDecisionError
from .frames import Frame, service_frame, service_value
from .item_types import TypeBuilder
from .linking import Linker
from .logic import LogicCompiler
from .markup import parse_definitions
from .nodes import DecisionNode, InputNode, Key, Node, ServiceNode, aliases_of, variable_of
from .reading import read_definitions
from .results import DecisionResult
from .running import DecisionRun
from .types import ItemType


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DecisionModel:
    """A model made ready: immutable, evaluated by any number of threads at once.

    `decisions`, `services` and `inputs` are those of its own file, by id. `reads` are the names
    that an evaluation may look for in its context. `problems` is empty but for models that were
    read tolerantly.
    """

    id: str
    name: str
    namespace: str
    decisions: Mapping[str, DecisionNode]
    services: Mapping[str, ServiceNode]
    inputs: Mapping[str, InputNode]
    problems: tuple[DmnProblem, ...]
    reads: frozenset[str]
    types: Mapping[str, ItemType]
    nodes: Mapping[Key, Node]
    by_name: Mapping[str, DecisionNode | ServiceNode]

    def find(self, decision: str) -> DecisionNode | ServiceNode:
        """Return the decision or service of that id, or else of that name.

        Raises UnknownDecisionError, which names those that there are.
        """
        found = (
            self.decisions.get(decision)
            or self.services.get(decision)
            or self.by_name.get(decision)
        )
        if found is None:
            raise UnknownDecisionError(
                _("The model “%(model)s” has no decision “%(name)s”. It has: %(names)s.")
                % {"model": self.name, "name": decision, "names": ", ".join(self.by_name)}
            )
        return found


def read_dmn(
    xml: bytes, *, models: Sequence[DecisionModel] = (), tolerant: bool = False
) -> DecisionModel:
    """Return the model in `xml` (DMN 1.1 to 1.5).

    `models` are those that it may import; of two with one namespace the later counts.

    Raises DmnError with every problem at once. With `tolerant` only a file that can't be read at
    all raises: what is broken gives null when it is evaluated, and stands in `problems`.
    """
    problems = Problems()
    try:
        definitions = read_definitions(parse_definitions(xml), problems)
        nodes, types, reads = _compiled(definitions, models, problems)
    except RecursionError:
        raise _too_deep() from None
    if not tolerant:
        problems.require_none()
    return _model(definitions, (nodes, types, reads), problems)


def _compiled(
    definitions: Definitions, models: Sequence[DecisionModel], problems: Problems
) -> tuple[Mapping[Key, Node], Mapping[str, ItemType], frozenset[str]]:
    """Return the nodes, the types, and the names that are read."""
    imported = _imported(definitions, models, problems)
    types = _types(definitions, imported, problems)
    members = frozenset(
        {
            *_member_names(definitions.items),
            *_imported_names(imported),
            *_undrawn_names(definitions),
        }
    )
    compiler = LogicCompiler(types, members, problems)
    others = {
        key: node
        for _name, model in imported
        for key, node in model.nodes.items()
        if key[0] != definitions.namespace
    }
    names = {model.namespace: name for name, model in imported}
    nodes = Linker(definitions, compiler, others, names, problems).link()
    reads = compiler.reads.union(*(model.reads for _name, model in imported))
    return nodes, types.types, reads | _asked_names(nodes.values())


def _asked_names(nodes: Collection[Node]) -> set[str]:
    """Return the names of what is looked up in the context, read by an expression or not."""
    asked: list[Node] = [each for each in nodes if isinstance(each, InputNode)]
    asked += [each for each in nodes if isinstance(each, DecisionNode) and each.logic is None]
    for each in nodes:
        if isinstance(each, ServiceNode):
            asked += each.parameters
    return {name for node in asked for name in aliases_of(node)}


def _too_deep() -> DmnError:
    message = _("Types or requirements of the model are nested too deep.")
    advice = _("Split it into several models that import each other.")
    return DmnError([DmnProblem("definitions", None, message, advice)])


def evaluate(
    model: DecisionModel,
    decision: str,
    context: Mapping[str, Value],
    *,
    clock: Clock | None = None,
    limits: Limits = LIMITS,
) -> DecisionResult:
    """Return the value of the decision (or service) of that id or name, and how it came about.

    `context` holds the inputs by name, as JSON or as FEEL values; what no input data declares can
    be read, too. Raises UnknownDecisionError, and FeelLimitError when it takes too much.
    """
    node = model.find(decision)
    run = DecisionRun(clock, limits)
    try:
        # what nothing reads is not converted: a workflow's variables may be a megabyte
        given = {name: from_json(value) for name, value in context.items() if name in model.reads}
        value, frame = _asked(run, node, given)
    except RecursionError:
        raise too_deep() from None
    return DecisionResult(
        value=value,
        matched=tuple(run.matches),
        decisions=_by_id(frame.values, model.namespace),
        warnings=tuple(run.warnings),
        violations=tuple(run.violations),
    )


def _asked(
    run: DecisionRun, node: DecisionNode | ServiceNode, given: Mapping[str, Value]
) -> tuple[Value, Frame]:
    if isinstance(node, ServiceNode):
        frame = service_frame(run, node, given, beside=given)
        return service_value(frame, node), frame
    frame = Frame(run, given)
    return frame.value_of(node), frame


def _by_id(values: Mapping[Key, Value], namespace: str) -> dict[str, Value]:
    return {
        name if home == namespace else f"{home}#{name}": value
        for (home, name), value in values.items()
    }


def _imported(
    definitions: Definitions, models: Sequence[DecisionModel], problems: Problems
) -> list[tuple[str, DecisionModel]]:
    """Return the imported models with the names that the file gives them."""
    by_namespace = {each.namespace: each for each in models}
    found = []
    for each in definitions.imports:
        model = by_namespace.get(each.namespace)
        if model is not None:
            found.append((each.name, model))
            continue
        problems.add(
            each.place.element,
            each.place.line,
            _("%(place)s: there is no model with the namespace “%(namespace)s”.")
            % {"place": each.place.way, "namespace": each.namespace},
            _("Hand that model in first."),
        )
    return found


def _types(
    definitions: Definitions, imported: list[tuple[str, DecisionModel]], problems: Problems
) -> TypeBuilder:
    known = {
        f"{name}.{type_name}" if name else type_name: each
        for name, model in imported
        for type_name, each in model.types.items()
    }
    builder = TypeBuilder(
        definitions.items, known, lambda text: compile_allowed(text, problems), problems
    )
    builder.build()
    return builder


def _member_names(items: Sequence[ItemDefinition]) -> set[str]:
    """Return the names of all components: what may stand after a dot."""
    found: set[str] = set()
    for each in items:
        found.update(inner.name for inner in each.components)
        found |= _member_names(each.components)
    return found


def _undrawn_names(definitions: Definitions) -> set[str]:
    """Return the names of several words that can be read without a requirement drawn for them.

    What a context holds can be read everywhere; names of other signs might be expressions.
    """
    drawn = [each.name for each in definitions.inputs] + [
        each.name for each in definitions.decisions
    ]
    return {name for name in drawn if name.replace(" ", "").isidentifier()}


def _imported_names(imported: list[tuple[str, DecisionModel]]) -> set[str]:
    return {variable_of(node) for _name, model in imported for node in model.nodes.values()}


def _model(
    definitions: Definitions,
    compiled: tuple[Mapping[Key, Node], Mapping[str, ItemType], frozenset[str]],
    problems: Problems,
) -> DecisionModel:
    nodes, types, reads = compiled
    own = [node for key, node in nodes.items() if key[0] == definitions.namespace]
    decisions = {each.id: each for each in own if isinstance(each, DecisionNode)}
    services = {each.id: each for each in own if isinstance(each, ServiceNode)}
    inputs = {each.key[1]: each for each in own if isinstance(each, InputNode)}
    asked: list[DecisionNode | ServiceNode] = [*services.values(), *decisions.values()]
    return DecisionModel(
        id=definitions.id,
        name=definitions.name,
        namespace=definitions.namespace,
        decisions=MappingProxyType(decisions),
        services=MappingProxyType(services),
        inputs=MappingProxyType(inputs),
        problems=tuple(problems.found),
        reads=reads,
        types=MappingProxyType(dict(types)),
        nodes=MappingProxyType(dict(nodes)),
        by_name=MappingProxyType({each.name: each for each in asked}),
    )
