"""Walks through a copy of a model of Camunda 7, converts what it can and notes the rest."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from apps.lib.texts import gettext as _
from apps.workflows.bpmn import extensions, names
from apps.workflows.bpmn.model import Element, Model, model_of

from . import events, people, tasks
from .editing import Editor, Note, Report

_TEXTS: Final = frozenset({"conditionExpression", "condition", "timeDate", "timeDuration",
    "timeCycle", "loopCardinality", "completionCondition", "loopCondition"})  # fmt: skip
PLATFORM_VERSION: Final = "8.7.0"  # of the dialect: Camunda Modeler then edits it as such
_DECLARED: Final = ("zeebe", "rpa", "modeler")
_HARMLESS: Final = extensions.HARMLESS_CAMUNDA


@dataclass(frozen=True, slots=True)
class Converted:
    """`model`: in the zeebe dialect. `report`: what was not taken over as it stood, by line."""

    model: Model
    report: tuple[Note, ...]


def convert_camunda7(model: Model) -> Converted:
    """Return the model in the zeebe dialect, and a note for everything that was not taken over.

    The model that was given stays as it is. What can't be converted stays in the file. That
    something is converted does not mean that it can be deployed: compile_model says that.
    """
    tree = copy.deepcopy(model.root.getroottree())
    root = tree.getroot()
    report = Report()
    known = {each.get("id", ""): each for each in root.iter(names.qualified("error"))}
    for element in list(root.iter(f"{{{names.BPMN}}}*")):
        _convert(Editor(element, report), known)
    for element in root.iter(f"{{{names.BPMN}}}*"):
        _note_what_is_left(Editor(element, report))
    root.set(names.qualified("modeler:executionPlatform"), "Camunda Cloud")
    root.set(names.qualified("modeler:executionPlatformVersion"), PLATFORM_VERSION)
    _declare(root)
    notes = sorted(report.notes, key=lambda note: note.line)
    return Converted(model_of(root), tuple(notes))


def _convert(editor: Editor, known: dict[str, Element]) -> None:
    tag = editor.tag
    if tag in _TEXTS:
        events.convert_text(editor)
    elif tag in ("errorEventDefinition", "escalationEventDefinition"):
        events.convert_error(editor, known)
    else:
        for convert in _CONVERTERS.get(tag, ()):
            convert(editor)
    events.convert_properties(editor)
    events.convert_mappings(editor)
    if editor.tag in tasks.JOBS | {"intermediateThrowEvent", "endEvent"}:
        tasks.convert_retries(editor)


def _process(process: Editor) -> None:
    if process.element.get("isExecutable") is None:
        process.element.set("isExecutable", "true")
        process.note("isExecutable",
            _("It was marked as executable, which Camunda 7 takes for granted."))  # fmt: skip
    tag = process.take("versionTag")
    if tag:
        process.extend("zeebe:versionTag", value=tag)


_CONVERTERS: Final[Mapping[str, tuple[Callable[[Editor], None], ...]]] = {
    "process": (_process,),
    "startEvent": (people.convert_start,),
    "serviceTask": (tasks.convert_job,),
    "sendTask": (tasks.convert_job,),
    "businessRuleTask": (tasks.convert_job,),
    "messageEventDefinition": (tasks.convert_thrown_message,),
    "scriptTask": (tasks.convert_script,),
    "callActivity": (tasks.convert_call,),
    "userTask": (people.convert_user_task,),
    "message": (events.convert_name,),
    "signal": (events.convert_name,),
    "multiInstanceLoopCharacteristics": (events.convert_loop,),
}


def _note_what_is_left(editor: Editor) -> None:
    told = {(note.element, note.attribute) for note in editor.report.notes}
    for name in editor.camunda_attributes():
        if name not in _HARMLESS and (editor.id, f"camunda:{name}") not in told:
            editor.note(f"camunda:{name}", _reason(name))
    for each in editor.extensions():
        local = names.split(each.tag)[1]
        if editor.report.noted.isdisjoint(each.iter("*")):
            editor.note(f"camunda:{local}", _reason(local), at=each)


def _reason(name: str) -> str:
    java = _("It runs Java code, which isn't here. Make a bot for it, and name its queue by a task "
        "definition.")  # fmt: skip
    listener = _("Listeners are not executed. Draw what they do as steps of their own.")
    known = {
        "class": java,
        "delegateExpression": java,
        "expression": java,
        "field": java,
        "type": java,
        "connector": _("Connectors are not executed. Make a bot for it."),
        "executionListener": listener,
        "taskListener": listener,
    }
    return known.get(name, _("It was not taken over and has no effect here."))


def _declare(root: Element) -> None:
    """Declare the prefixes at the root, and keep all others: contents may use them, too."""
    prefixes = {str(p) for each in root.iter("*") for p in each.nsmap if p}
    etree.cleanup_namespaces(
        root,
        top_nsmap={prefix: names.PREFIXES[prefix] for prefix in _DECLARED},
        keep_ns_prefixes=sorted(prefixes | set(_DECLARED)),
    )
