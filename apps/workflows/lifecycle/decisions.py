"""Decision models: deployed like workflows, and asked by whoever wants an answer."""

from dataclasses import dataclass, field
from hashlib import sha256

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from lxml import etree

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.dmn import DecisionResult, evaluate, read_dmn
from apps.lib.dmn.markup import parse_definitions
from apps.lib.dmn.nodes import DecisionNode
from apps.lib.errors import InvalidError, NotFoundError
from apps.lib.feel import FeelError
from apps.lib.json import JsonObject
from apps.workflows.engine.storable import why_not_storable
from apps.workflows.models import Decision, DecisionEvaluation, DecisionVersion

from .definitions import decision_model_of
from .evaluating import explained, find_decision
from .new_walks import insist_on_size

MAX_KEY, MAX_TITLE = 150, 200


@dataclass(frozen=True, slots=True)
class DeployedDecisions:
    """One version for each decision of the model; `new` are those not there before."""

    versions: list[DecisionVersion]
    new: list[DecisionVersion] = field(default_factory=list)


@transaction.atomic
def deploy_decision(
    folder: Folder, xml: bytes, *, by: Actor, source: str = "api", note: str = ""
) -> DeployedDecisions:
    """Deploy the decisions of a DMN model.

    Raises DmnError with every problem at once; then nothing was deployed. The same model as a
    version that is there is that version.
    """
    model = read_dmn(xml)
    if not model.decisions:
        raise InvalidError(_("The model has no decision."))
    deployed = DeployedDecisions([])
    text = _text(xml)
    facts = {
        "xml": text,
        "digest": sha256(text.encode()).hexdigest(),
        "source": source,
        "note": note,
        "deployed_by": by.name[:150],
    }
    for key, node in model.decisions.items():
        version, is_new = _version(folder, key, node, facts)
        deployed.versions.append(version)
        if is_new:
            deployed.new.append(version)
            _tell(version, by)
    return deployed


@transaction.atomic
def evaluate_decision(
    folder: Folder,
    key: str,
    context: JsonObject,
    *,
    by: Actor,
    version: int | None = None,
) -> DecisionResult:
    """Ask a decision, keep how it came to its answer, and return both.

    Raises NotFoundError if there is no such decision, InvalidError if it has no answer.
    """
    insist_on_size(context, "context")
    found = find_decision(folder.pk, key)
    if version is not None:
        versions = DecisionVersion.objects.filter(decision__folder=folder, decision__key=key)
        found = versions.select_related("decision").filter(number=version).first()
    if found is None:
        raise NotFoundError(_("There is no decision “%(key)s” here.") % {"key": key})
    try:
        result = evaluate(decision_model_of(found.pk), key, dict(context))
    except FeelError as error:
        message = _("The decision has no answer: %(why)s")
        raise InvalidError(message % {"why": error}) from None
    told = explained(found, result)
    if why := why_not_storable([told]):
        message = _("The decision has no answer that can be kept: %(why)s")
        raise InvalidError(message % {"why": why})
    DecisionEvaluation.objects.create(
        folder=folder,
        decision=found.decision,
        version=found,
        evaluation={
            **{name: value for name, value in told.items() if not name.endswith("_id")},
            "context": context,
        },
        by=by.name[:150],
    )
    return result


def _version(
    folder: Folder, key: str, node: DecisionNode, facts: dict[str, str]
) -> tuple[DecisionVersion, bool]:
    if len(key) > MAX_KEY:
        raise InvalidError(_("The id of a decision has at most %(n)d characters.") % {"n": MAX_KEY})
    title = (node.name or key)[:MAX_TITLE]
    decision, _is_new = Decision.objects.get_or_create(
        folder=folder, key=key, defaults={"title": title}
    )
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    found = decision.versions.filter(digest=facts["digest"]).first()
    if found is not None:
        return found, False
    last = decision.versions.aggregate(last=Max("number"))["last"] or 0
    version = DecisionVersion.objects.create(decision=decision, number=last + 1, **facts)
    decision.title = title
    decision.save(update_fields=["title"])
    return version, True


def _tell(version: DecisionVersion, by: Actor) -> None:
    publish(
        "decision.deployed",
        subject=("decision", version.decision_id),
        folder_id=version.decision.folder_id,
        by=by,
        data={"version": version.number, "note": version.note[:500]},
        topics=("decisions",),
    )


def _text(xml: bytes) -> str:
    """Return the file as it is kept; in UTF-8, whatever it came in."""
    return etree.tostring(parse_definitions(xml), encoding="unicode")
