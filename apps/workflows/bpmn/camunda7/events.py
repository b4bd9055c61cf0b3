"""Camunda 7's events and flows: errors, times, conditions, loops, mappings."""

from lxml import etree

from apps.lib.texts import gettext as _
from apps.workflows.bpmn import names
from apps.workflows.bpmn.model import Element

from .editing import Editor, remove
from .juel import is_juel

_SCRIPTED = frozenset({"conditionExpression", "condition"})
_WORK = frozenset({"serviceTask", "sendTask", "businessRuleTask", "userTask"})


def convert_error(definition: Editor, known: dict[str, Element]) -> None:
    """Where variables of an error go; and Camunda takes a missing error's name for its code."""
    code, message = definition.take("errorCodeVariable"), definition.take("errorMessageVariable")
    code = code or definition.take("escalationCodeVariable")
    if code or message:
        definition.extend("rpa:caught", codeVariable=code, messageVariable=message)
    reference = definition.element.get("errorRef") or ""
    if definition.tag == "errorEventDefinition" and reference and reference not in known:
        root = definition.element.getroottree().getroot()
        made = etree.Element(names.qualified("error"), {"id": reference, "errorCode": reference})
        made.sourceline = definition.element.sourceline
        first = root.find(names.qualified("process"))
        root.insert(0 if first is None else root.index(first), made)
        known[reference] = made


def convert_text(holder: Editor) -> None:
    """An expression that is the text of an element: conditions, times, counts."""
    language = (holder.element.get("language") or "").lower()
    if holder.camunda("resource"):
        holder.note("camunda:resource", _("Scripts in files of their own are not executed."))
    elif is_juel(holder.text):
        feel = holder.feel(holder.text, holder.tag)
        if feel is not None:
            for each in list(holder.element):
                holder.element.remove(each)
            holder.element.text = feel
            holder.element.attrib.pop("language", "")
    elif language and "feel" not in language and holder.tag in _SCRIPTED:
        words = {"language": language[:60]}
        holder.note(holder.tag, _("It is written in %(language)s. Say it in FEEL.") % words)


def convert_name(root_element: Editor) -> None:
    """Names of messages and signals may be expressions."""
    name = root_element.element.get("name") or ""
    if is_juel(name):
        feel = root_element.feel(name, "name")
        if feel is not None:
            root_element.element.set("name", feel)


def convert_loop(loop: Editor) -> None:
    """Several instances: the list, by Camunda's attribute or BPMN's element, and its element."""
    collection = loop.camunda("collection")
    inner = next(loop.children("loopDataInputRef"), None)
    item = next(loop.children("inputDataItem"), None)
    text = collection or (inner.text if inner else "")
    if not text:
        return
    feel = loop.feel(text, "camunda:collection")
    if feel is None:
        return
    loop.take("collection")
    element = loop.take("elementVariable") or (item.element.get("name") if item else "") or ""
    loop.extend(
        "zeebe:loopCharacteristics",
        inputCollection=feel if feel.startswith("=") else f"={feel}",
        inputElement=element,
    )
    for each in (inner, item):
        if each is not None:
            remove(each.element)


def convert_mappings(holder: Editor) -> None:
    """camunda:inputOutput: parameters that are texts, lists or maps of them."""
    for block in list(holder.extensions("inputOutput")):
        _note_what_mappings_hide(holder, block)
        for parameter in list(block.iterchildren("*")):
            local = names.split(parameter.tag)[1]
            value = _value(holder, parameter)
            name = parameter.get("name") or ""
            if value is None or not name or local not in ("inputParameter", "outputParameter"):
                message = _("The parameter “%(name)s” was not taken over.") % {"name": name}
                holder.note(f"camunda:{local}", message, at=parameter)
                continue
            tag = "zeebe:input" if local == "inputParameter" else "zeebe:output"
            holder.add(holder.extend("zeebe:ioMapping"), tag, source=value, target=name)
            remove(parameter)
        if not len(block):
            holder.drop(block)


def _note_what_mappings_hide(holder: Editor, block: Element) -> None:
    """In Camunda 7 mappings add to what is handed over; here they decide alone."""
    if holder.tag not in _WORK:
        return
    given = {names.split(each.tag)[1] for each in block.iterchildren("*")}
    if "inputParameter" in given:
        holder.note("camunda:inputParameter",
            _("Who does the work gets these inputs and no other variables."))  # fmt: skip
    if "outputParameter" in given:
        holder.note("camunda:outputParameter",
            _("These outputs go up, and nothing else of the result."))  # fmt: skip


def _value(holder: Editor, element: Element) -> str | None:
    """Return a parameter's value as zeebe writes it; None where it can't be said in FEEL."""
    inner = list(element.iterchildren("*"))
    if not inner:
        return holder.feel((element.text or "").strip(), f"camunda:{names.split(element.tag)[1]}")
    feel = _feel(holder, inner[0])
    return None if feel is None else f"={feel}"


def _feel(holder: Editor, element: Element) -> str | None:
    local = names.split(element.tag)[1]
    if local in ("list", "map"):
        return _collection(holder, element, is_map=local == "map")
    if local not in ("value", "entry", "string"):
        return None
    inner = list(element.iterchildren("*"))
    if inner:
        return _feel(holder, inner[0])
    value = holder.feel((element.text or "").strip(), f"camunda:{local}")
    if value is None:
        return None
    return value[1:] if value.startswith("=") else _string(value)


def _collection(holder: Editor, element: Element, *, is_map: bool) -> str | None:
    found = []
    for each in element.iterchildren("*"):
        value = _feel(holder, each)
        if value is None:
            return None
        found.append(f"{_string(each.get('key') or '')}: {value}" if is_map else value)
    inner = ", ".join(found)
    return f"{{{inner}}}" if is_map else f"[{inner}]"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def convert_properties(holder: Editor) -> None:
    for block in list(holder.extensions("properties")):
        made = holder.extend("zeebe:properties")
        for each in block.iterchildren("*"):
            holder.add(made, "zeebe:property", name=each.get("name") or each.get("id") or "",
                value=each.get("value") or "")  # fmt: skip
        holder.drop(block)
