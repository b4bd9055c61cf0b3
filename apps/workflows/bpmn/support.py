"""What of BPMN is executed, what is only drawn, and what is refused: docs/bpmn-support.md says so.

Elements that stand nowhere here are refused as unknown.
"""

from typing import Final

from apps.lib.texts import gettext as _
from apps.workflows.graph import Kind

# Flow elements that tokens visit. A plain task has nothing to do, as a manual one.
EXECUTED: Final[dict[str, Kind]] = {
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
    "boundaryEvent": "boundary",
    "serviceTask": "service",
    "sendTask": "send",
    "receiveTask": "receive",
    "userTask": "user",
    "manualTask": "manual",
    "task": "manual",
    "scriptTask": "script",
    "businessRuleTask": "rule",
    "callActivity": "call",
    "subProcess": "subprocess",
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "inclusiveGateway": "inclusive",
    "eventBasedGateway": "event_based",
}
REFUSED: Final = frozenset({"complexGateway", "transaction", "adHocSubProcess", "event",
    "implicitThrowEvent", "callChoreography", "choreographyTask", "subChoreography"})  # fmt: skip

# Event definitions by where they may stand. "event subprocess" is its start event.
TIMER, MESSAGE, SIGNAL = "timerEventDefinition", "messageEventDefinition", "signalEventDefinition"
CONDITION, ERROR = "conditionalEventDefinition", "errorEventDefinition"
ESCALATION, LINK = "escalationEventDefinition", "linkEventDefinition"
TERMINATE, COMPENSATE = "terminateEventDefinition", "compensateEventDefinition"
CANCEL = "cancelEventDefinition"
NONE = ""
EVENTS: Final[dict[str, frozenset[str]]] = {
    "start": frozenset({NONE, TIMER, MESSAGE, SIGNAL, CONDITION}),
    "start of a subprocess": frozenset({NONE}),
    "start of an event subprocess": frozenset(
        {TIMER, MESSAGE, SIGNAL, CONDITION, ERROR, ESCALATION}
    ),
    "catch": frozenset({TIMER, MESSAGE, SIGNAL, CONDITION, LINK}),
    "throw": frozenset({NONE, MESSAGE, SIGNAL, ESCALATION, LINK, COMPENSATE}),
    "boundary": frozenset({TIMER, MESSAGE, SIGNAL, CONDITION, ERROR, ESCALATION, COMPENSATE}),
    "end": frozenset({NONE, MESSAGE, SIGNAL, ERROR, ESCALATION, TERMINATE, COMPENSATE}),
}
DEFINITIONS: Final = frozenset(
    {TIMER, MESSAGE, SIGNAL, CONDITION, ERROR, ESCALATION, LINK, TERMINATE, COMPENSATE, CANCEL}
)

# Drawn for people; nothing happens by them, and nobody expects it to.
DRAWN: Final = frozenset({
    "laneSet", "textAnnotation", "association", "group", "dataObject", "dataObjectReference",
    "dataStoreReference", "documentation", "extensionElements", "incoming", "outgoing",
    "category", "auditing", "monitoring", "artifact", "supportedInterfaceRef", "rendering",
})  # fmt: skip
# Part of BPMN, without effect here: said in a warning, since somebody may have meant something.
WITHOUT_EFFECT: Final = frozenset({
    "ioSpecification", "ioBinding", "property", "dataInputAssociation", "dataOutputAssociation",
    "dataInput", "dataOutput", "inputSet", "outputSet", "resourceRole", "performer",
    "humanPerformer", "potentialOwner", "correlationSubscription", "supports",
})  # fmt: skip
# Read where they belong.
CONTENTS: Final = frozenset(
    {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "script", "sequenceFlow",
     "conditionExpression"}
)  # fmt: skip


def refusal(tag: str) -> tuple[str, str]:
    """Return why an element is refused, and what to draw instead."""
    known = {
        "complexGateway": (
            _("Complex gateways are not executed."),
            _("Use an inclusive gateway, or a parallel one with conditions behind it."),
        ),
        "transaction": (
            _("Transactions are not executed."),
            _("Use a subprocess with compensation and an error boundary event."),
        ),
        "adHocSubProcess": (
            _("Ad-hoc subprocesses are not executed."),
            _("Draw the order, or use an inclusive gateway for steps that are optional."),
        ),
    }
    other = _("“%(tag)s” is not executed.") % {"tag": tag}
    return known.get(tag, (other, _("Remove it, or draw it with the elements that are supported.")))
