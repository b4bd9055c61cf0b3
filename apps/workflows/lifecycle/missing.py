"""What steps call by its name, and what is not deployed yet: said at deployment, as a warning."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.json import JsonObject
from apps.workflows.graph import CallWork, Constant, Graph, Node, RuleWork
from apps.workflows.models import Decision, Workflow


def missing_for(folder: Folder, graphs: Sequence[Graph]) -> list[JsonObject]:
    """Return a warning for each step that calls a decision or workflow that isn't there.

    Names that are expressions are known only when an instance gets there.
    """
    steps = [node for graph in graphs for node in graph.nodes.values()]
    decisions = Decision.objects.filter(folder=folder, key__in=_called(steps, RuleWork))
    workflows = Workflow.objects.filter(folder=folder, key__in=_called(steps, CallWork))
    known = {
        RuleWork: {*decisions.values_list("key", flat=True)},
        CallWork: {*workflows.values_list("key", flat=True), *(graph.key for graph in graphs)},
    }
    return [
        _warning(node, type(node.work), key)
        for node in steps
        if (key := _key_of(node)) and key not in known.get(type(node.work), ())
    ]


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
