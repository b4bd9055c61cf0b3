"""The extension elements that mean something here, where they belong, and what else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apps.lib.texts import gettext as _

from . import names
from .parts import Part

JOBS: Final = frozenset({"serviceTask", "sendTask", "scriptTask", "businessRuleTask",
    "intermediateThrowEvent", "endEvent"})  # fmt: skip
ACTIVITIES: Final = JOBS | {"userTask", "receiveTask", "manualTask", "task", "callActivity",
    "subProcess"} - {"intermediateThrowEvent", "endEvent"}  # fmt: skip
EVENTS: Final = frozenset({"startEvent", "endEvent", "intermediateCatchEvent",
    "intermediateThrowEvent", "boundaryEvent"})  # fmt: skip
EVERYWHERE: Final[frozenset[str]] = frozenset()
USER: Final = frozenset({"userTask"})


@dataclass(frozen=True, slots=True)
class Extension:
    """`hosts`: the elements that may hold it; empty: all. `children`: their attributes by tag."""

    hosts: frozenset[str]
    attributes: frozenset[str] = frozenset()
    is_many: bool = False
    children: Mapping[str, frozenset[str]] | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAPPING: Final = _words("source target")
KNOWN: Final[dict[str, Extension]] = {
    "zeebe:taskDefinition": Extension(JOBS, _words("type retries")),
    "zeebe:taskHeaders": Extension(JOBS | USER, children={"zeebe:header": _words("key value")}),
    "zeebe:ioMapping": Extension(
        ACTIVITIES | EVENTS, children={"zeebe:input": _MAPPING, "zeebe:output": _MAPPING}
    ),
    "zeebe:properties": Extension(
        EVERYWHERE, children={"zeebe:property": _words("name value")}
    ),
    "zeebe:userTask": Extension(USER),
    "zeebe:assignmentDefinition": Extension(
        USER, _words("assignee candidateGroups candidateUsers")
    ),
    "zeebe:taskSchedule": Extension(USER, _words("dueDate followUpDate")),
    "zeebe:priorityDefinition": Extension(USER, _words("priority")),
    "zeebe:formDefinition": Extension(
        USER | {"startEvent"}, _words("formKey formId externalReference bindingType versionTag")
    ),
    "zeebe:userTaskForm": Extension(frozenset({"process"}), _words("id"), is_many=True),
    "zeebe:calledDecision": Extension(
        frozenset({"businessRuleTask"}), _words("decisionId resultVariable bindingType versionTag")
    ),
    "zeebe:calledElement": Extension(
        frozenset({"callActivity"}),
        _words("processId propagateAllChildVariables propagateAllParentVariables bindingType"),
    ),
    "zeebe:loopCharacteristics": Extension(
        frozenset({"multiInstanceLoopCharacteristics"}),
        _words("inputCollection inputElement outputCollection outputElement"),
    ),
    "zeebe:subscription": Extension(
        frozenset({"message", "receiveTask"}), _words("correlationKey")
    ),
    "zeebe:script": Extension(frozenset({"scriptTask"}), _words("expression resultVariable")),
    "zeebe:versionTag": Extension(frozenset({"process"}), _words("value")),
    "rpa:work": Extension(
        JOBS, _words("queue priority reference backoff delaySeconds slaSeconds")
    ),
    "rpa:serviceLevel": Extension(JOBS, _words("seconds")),
    "rpa:gate": Extension(JOBS, _words("key")),
    "rpa:errorPolicy": Extension(
        JOBS | {"process"},
        _words("defaultOutput"),
        children={
            "rpa:rule": _words(
                "error code errorClass attemptAtLeast when then delaySeconds backoff maxAttempts"
            )
        },
    ),
    "rpa:form": Extension(USER),
    "rpa:decision": Extension(USER, _words("key title"), is_many=True),
    "rpa:instructions": Extension(USER),
    "rpa:handling": Extension(
        USER,
        _words(
            "team assignment votes likeStep notLikeSteps dueSeconds calendar atRiskShare mayBulk"
        ),
        children={"rpa:rung": _words("do atShare afterSeconds team decision")},
    ),
    "rpa:inputSchema": Extension(frozenset({"process", "startEvent"})),
    "rpa:tolerate": Extension(frozenset({"multiInstanceLoopCharacteristics"}), _words("share")),
    "rpa:caught": Extension(
        frozenset({"errorEventDefinition", "escalationEventDefinition"}),
        _words("codeVariable messageVariable"),
    ),
    "rpa:message": Extension(
        frozenset({"messageEventDefinition"}), _words("correlationKey ttlSeconds")
    ),
    "rpa:call": Extension(frozenset({"callActivity"}), _words("version")),
}  # fmt: skip
# Camunda 7's attributes that change nothing here.
HARMLESS_CAMUNDA: Final = _words(
    "asyncBefore asyncAfter async exclusive historyTimeToLive jobPriority isStartableInTasklist "
    "versionTag diagramRelationId modelerTemplate modelerTemplateVersion candidateStarterGroups "
    "candidateStarterUsers"
)


def check_extensions(part: Part) -> None:
    """Report what stands inside an element's extension elements and isn't executed."""
    seen: set[str] = set()
    for extension in part.extensions():
        namespace = names.split(extension.element.tag)[0]
        if namespace in (names.ZEEBE, names.RPA):
            _check(extension, part, seen)
        elif namespace in names.CAMUNDA:
            _say_camunda(extension, extension.tag)
    for name in part.element.attrib:
        namespace, local = names.split(name)
        if namespace in names.CAMUNDA and local not in HARMLESS_CAMUNDA:
            _say_camunda(part, f"camunda:{local}")


def _check(extension: Part, host: Part, seen: set[str]) -> None:
    known = KNOWN.get(extension.tag)
    words = {"extension": extension.tag, "host": host.tag}
    if known is None:
        extension.error(
            _("“%(extension)s” is not executed.") % words,
            _("Remove it; the support matrix lists what is there instead."),
        )
    elif known.hosts and host.tag not in known.hosts:
        extension.warn(_("“%(extension)s” has no effect on “%(host)s”.") % words)
    else:
        if extension.tag in seen and not known.is_many:
            extension.error(_("“%(extension)s” stands twice.") % words, _("Remove one of them."))
        seen.add(extension.tag)
        _check_contents(extension, known)


def _check_contents(extension: Part, known: Extension) -> None:
    _check_attributes(extension, known.attributes)
    children = known.children or {}
    for child in extension.children():
        if child.tag in children:
            _check_attributes(child, children[child.tag])
        elif extension.tag != "rpa:form":
            _report(child, _("“%(name)s” is not known inside “%(outer)s”.") % {
                "name": child.tag, "outer": extension.tag
            })  # fmt: skip


def _check_attributes(part: Part, known: frozenset[str]) -> None:
    for name in part.element.attrib:
        if str(name) not in known and not str(name).startswith("{"):
            words = {"name": name, "outer": part.tag}
            _report(part, _("“%(name)s” is not known at “%(outer)s”.") % words)


def _report(part: Part, message: str) -> None:
    """What is ours can only be a slip; what is zeebe's may be newer than we are."""
    if part.tag.startswith("rpa:"):
        part.error(message, _("Correct or remove it."))
    else:
        part.warn(message)


def without_effect(name: str) -> str:
    """Return the sentence for what is left of Camunda 7."""
    return _("“%(name)s” has no effect here.") % {"name": name}


def _say_camunda(part: Part, name: str) -> None:
    part.warn(
        without_effect(name),
        _("Import the file as a model of Camunda 7 to have it converted as far as that goes."),
    )
