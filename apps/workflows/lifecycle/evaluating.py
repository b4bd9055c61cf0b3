"""Answers business rule tasks, and whoever else asks a decision."""

from django.utils.translation import gettext as _

from apps.lib.dmn import DecisionResult, evaluate
from apps.lib.errors import DomainError
from apps.lib.feel import FeelError
from apps.lib.json import JsonObject
from apps.workflows.engine.faults import StepError
from apps.workflows.engine.state import DecisionAnswer
from apps.workflows.engine.storable import why_not_storable
from apps.workflows.engine.world import Decide
from apps.workflows.graph import RuleWork
from apps.workflows.models import DecisionVersion

from .definitions import decision_model_of
from .loading import InstanceFacts


class Decider:
    """Decides for the instances of one step; looks up each decision once."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str, str], DecisionVersion | None] = {}

    def of(self, facts: InstanceFacts) -> Decide:
        def decide(key: str, work: RuleWork, context: JsonObject) -> DecisionAnswer:
            version = self._version(facts, key, work)
            result = answer(version, key, context)
            told = explained(version, result)
            if why := why_not_storable([told]):
                text = _("Decision “%(key)s” has no answer that can be kept: %(why)s")
                raise StepError("decision", text % {"key": key, "why": why})
            return DecisionAnswer(value=told["value"], evaluation=told)

        return decide

    def _version(self, facts: InstanceFacts, key: str, work: RuleWork) -> DecisionVersion:
        tag = work.version_tag if work.binding == "version" else ""
        place = (facts.folder_id, key, tag)
        if place not in self._found:
            self._found[place] = find_decision(facts.folder_id, key, tag)
        found = self._found[place]
        if found is None:
            text = _("There is no decision “%(key)s” here. Deploy its DMN model, then retry.")
            raise StepError("decision", text % {"key": key})
        return found


def find_decision(folder_id: int, key: str, tag: str = "") -> DecisionVersion | None:
    """Return the latest version of a decision (of those with this tag)."""
    versions = DecisionVersion.objects.filter(decision__folder_id=folder_id, decision__key=key)
    if tag:
        versions = versions.filter(version_tag=tag)
    return versions.select_related("decision").order_by("-number").first()


def answer(version: DecisionVersion, key: str, context: JsonObject) -> DecisionResult:
    """Evaluate; raises StepError in words for people."""
    try:
        return evaluate(decision_model_of(version.pk), key, dict(context))
    except (DomainError, FeelError) as error:
        message = _("Decision “%(key)s” has no answer: %(why)s")
        raise StepError("decision", message % {"key": key, "why": error}) from error


def explained(version: DecisionVersion, result: DecisionResult) -> JsonObject:
    """Return how the answer came about, as it is stored: values, and the rules that matched."""
    return {
        "decision_id": version.decision_id,
        "version_id": version.pk,
        **result.to_json(),
    }
