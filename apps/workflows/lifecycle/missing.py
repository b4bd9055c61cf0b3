"""What steps call by its name, and what is not deployed yet: said at deployment, as a warning."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.json import JsonObject
from apps.queues.models import Gate
from apps.workflows.graph import CallWork, Constant, Graph, Node, RuleWork, Work
from apps.workflows.models import Decision, Workflow


def missing_for(folder: Folder, graphs: Sequence[Graph]) -> list[JsonObject]:
    """Return a warning for each step that names a decision, workflow or gate that isn't there.

    Names that are expressions are known only when an instance gets there.
    """
    steps = [node for graph in graphs for node in graph.nodes.values()]
    decisions = Decision.objects.filter(folder=folder, key__in=_called(steps, RuleWork))
    workflows = Workflow.objects.filter(folder=folder, key__in=_called(steps, CallWork))
    known = {
        RuleWork: {*decisions.values_list("key", flat=True)},
        CallWork: {*workflows.values_list("key", flat=True), *(graph.key for graph in graphs)},
    }
    called = [
        _warning(node, type(node.work), key)
        for node in steps
        if (key := _key_of(node)) and key not in known.get(type(node.work), ())
    ]
    return [*called, *_missing_gates(folder, steps)]


def _missing_gates(folder: Folder, steps: Sequence[Node]) -> list[JsonObject]:
    named = [(node, node.work.gate) for node in steps if isinstance(node.work, Work)]
    keys = {key for _node, key in named if key}
    known = set()
    if keys:
        gates = Gate.objects.filter(folder=folder, key__in=keys)
        known = {*gates.values_list("key", flat=True)}
    return [_warning(node, Work, key) for node, key in named if key and key not in known]


def _called(steps: Iterable[Node], kind: type[RuleWork] | type[CallWork]) -> set[str]:
    return {_key_of(node) for node in steps if isinstance(node.work, kind)} - {""}


def _key_of(node: Node) -> str:
    """Return what the step calls, if it calls anything by a name that stands in the model."""
    match node.work:
        case (
            RuleWork(decision=Constant(value=str(key)))
            | CallWork(workflow=Constant(value=str(key)))
        ):
            return key
        case _:
            return ""


def _warning(node: Node, kind: type, key: str) -> JsonObject:
    words = {"step": node.name or node.id, "key": key}
    if kind is RuleWork:
        message = _("“%(step)s” asks decision “%(key)s”, which was not there at deployment.")
        advice = _("Deploy its DMN model before an instance gets there.")
    elif kind is Work:
        message = _("“%(step)s” names gate “%(key)s”, which was not there at deployment.")
        advice = _("Make the gate in the settings: until then nothing of what AI reads is checked.")
    else:
        message = _("“%(step)s” calls workflow “%(key)s”, which was not there at deployment.")
        advice = _("Deploy that workflow before an instance gets there.")
    return {
        "element": node.id,
        "line": node.line,
        "message": message % words,
        "advice": advice,
        "severity": "warning",
    }
