"""Writes the tables of docs/bpmn-support.md from the code: `python -m tests.workflows.bpmn.matrix`.

Every element, event, extension and limit of the code must have words here, else this fails.
"""

import re
from collections.abc import Callable
from pathlib import Path

from apps.workflows.bpmn import compiling, extensions, form_js, reading, support
from tests.workflows.bpmn.words import ELEMENTS, EXTENSIONS, PLACES, REASONS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "bpmn-support.md"
EVENTS = (
    support.NONE, support.TIMER, support.MESSAGE, support.SIGNAL, support.CONDITION, support.ERROR,
    support.ESCALATION, support.LINK, support.TERMINATE, support.COMPENSATE, support.CANCEL,
)  # fmt: skip


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def elements() -> str:
    executed = [[f"`{tag}`", "executed", ELEMENTS[tag]] for tag in support.EXECUTED]
    refused = [
        [f"`{tag}`", "refused", " ".join(support.refusal(tag))] for tag in sorted(support.REFUSED)
    ]
    return table(["element", "support", "how"], executed + refused)


def events() -> str:
    places = list(support.EVENTS)
    rows = [
        [_event(tag), *("●" if tag in support.EVENTS[place] else "○" for place in places)]
        for tag in EVENTS
    ]
    return table(["event", *(PLACES[place] for place in places)], rows)


def _event(tag: str) -> str:
    return tag.removesuffix("EventDefinition") or "none"


def extension_elements() -> str:
    rows = [
        [f"`{name}`", _hosts(known.hosts), _attributes(known), EXTENSIONS[name]]
        for name, known in extensions.KNOWN.items()
    ]
    return table(["extension", "at", "attributes", "meaning"], rows)


def _hosts(hosts: frozenset[str]) -> str:
    groups = {
        extensions.JOBS: "bots' work",
        extensions.ACTIVITIES | extensions.EVENTS: "tasks, subprocesses, events",
        extensions.EVERYWHERE: "everything",
    }
    return groups.get(hosts, ", ".join(f"`{host}`" for host in sorted(hosts)))


def _attributes(known: extensions.Extension) -> str:
    own = [f"`{name}`" for name in sorted(known.attributes)]
    inner = [
        f"`{tag}` ({', '.join(f'`{name}`' for name in sorted(names))})"
        for tag, names in (known.children or {}).items()
    ]
    return ", ".join(own + inner) or "–"


def drawn_only() -> str:
    quiet = ", ".join(f"`{tag}`" for tag in sorted(support.DRAWN))
    warned = ", ".join(f"`{tag}`" for tag in sorted(support.WITHOUT_EFFECT))
    looks = ", ".join(f"`{kind}`" for kind in sorted(form_js.LOOKS))
    known = [*form_js.SIMPLE, form_js.FILES, "group", "dynamiclist"]
    fields = ", ".join(f"`{kind}`" for kind in known)
    notes = ", ".join(f"`{kind}`" for kind in sorted(form_js.NOTES))
    return (
        f"- Kept, shown and exported; nothing happens by them: {quiet}.\n"
        f"- The same, but a warning says so at deployment: {warned}.\n"
        f"- Components of form-js that become fields: {fields}. Texts become notes: {notes}. Left "
        f"out, since they only look: {looks}. Others become fields of JSON, with a warning."
    )


def limits() -> str:
    rows = [
        ["size of a file", f"{reading.MAX_BYTES // 1_000_000} MB"],
        ["depth of nesting", f"{reading.MAX_DEPTH} elements"],
        ["XML elements in a file", f"{reading.MAX_ELEMENTS:,}"],
        ["flow elements of a process", f"{compiling.MAX_NODES:,}"],
        ["inclusive gateways of a process", f"{compiling.MAX_INCLUSIVE:,}"],
        ["document types, entities, network", "never"],
    ]
    return table(["limit", "value"], rows)


def parts() -> dict[str, Callable[[], str]]:
    return {
        "elements": elements,
        "events": events,
        "extensions": extension_elements,
        "drawn": drawn_only,
        "limits": limits,
    }


def figures(deployable: int, models: int, reasons: dict[str, int]) -> str:
    """Return how many models of Camunda 7 can be deployed, and what stands against the others."""
    head = f"{deployable} of {models} models can be deployed when converted. Against the rest:"
    rows = [[REASONS.get(reason, reason), str(n)] for reason, n in sorted(reasons.items())]
    return f"{head}\n\n{table(['what stands against it', 'models'], rows)}"


def render(page: str, texts: dict[str, str]) -> str:
    """Return the page with what stands between its marks replaced."""
    for name, text in texts.items():
        marks = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
        assert marks.search(page), name
        page = marks.sub(lambda _match, text=text: text, page)
    return page


def publish() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.workflows.bpmn.imports import import_figures

    texts = {name: make() for name, make in parts().items()} | {"figures": import_figures()}
    PAGE.write_text(render(PAGE.read_text(), texts))


if __name__ == "__main__":
    publish()
