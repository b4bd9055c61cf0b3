"""What a model read, in a form: doubtful values stand out and want a look, the others are quiet.

Where a form is a blind second look, nothing that the model said goes into the page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.json import Json, JsonObject

from . import texts
from .nodes import Entered, Group, Leaf, Node
from .shapes import Kind, Shape

CONFIRMED = "confirmed"
CORRECTION = "correction:"
REASONS_KEYWORD = "x-correction-reasons"
MAX_REASONS = 30
MAX_CODE = 100
MAX_SOURCE = 200

REASONS: tuple[tuple[str, Any], ...] = (
    ("misread", gettext_lazy("Misread")),
    ("wrong_field", gettext_lazy("Taken from the wrong place")),
    ("missing_in_document", gettext_lazy("Not in the document")),
    ("changed_by_agreement", gettext_lazy("Changed by agreement")),
    ("other", gettext_lazy("Other")),
)


class Region(Protocol):
    """Where a value stands: a page of a file, and a box in shares of the page."""

    @property
    def file(self) -> str: ...
    @property
    def page(self) -> int: ...
    @property
    def box(self) -> tuple[float, float, float, float] | None: ...


class PredictedField(Protocol):
    """One value that a model read."""

    @property
    def value(self) -> Json: ...
    @property
    def confidence(self) -> float: ...
    @property
    def source(self) -> str: ...
    @property
    def region(self) -> Region | None: ...
    @property
    def is_doubtful(self) -> bool: ...


class Predicted(Protocol):
    """All that a model read, by dotted path in the data as it was."""

    @property
    def is_blind(self) -> bool: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


@dataclass
class Prediction:
    """What a model read for one place of the form, ready to be drawn.

    In a blind look, and for personal values, `text` and `shown` stay empty; blind, all but `path`
    and `is_doubtful` does.
    """

    path: str
    is_doubtful: bool
    is_confirmed: bool
    is_blind: bool = False
    percent: int = 0
    source: str = ""
    region: Region | None = None
    has_text: bool = False  # `text` can be compared with what is typed
    text: str = ""  # what its control shows when nothing was changed
    shown: str = ""  # the value as people read it
    is_changed: bool = False
    is_hidden: bool = False  # its field is not shown: there is nothing to look at
    reason: str = ""
    reasons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What is said beside the field: how sure the model was, and where it read the value."""
        if self.is_blind:
            return _("Please read this value from the document.")
        sure = _("AI %(percent)d %% sure") % {"percent": self.percent}
        said = " · ".join(filter(None, (sure, self.source)))
        return _("Please check: %(said)s") % {"said": said} if self.is_doubtful else said

    @property
    def wants_look(self) -> bool:
        return self.is_doubtful and not (self.is_confirmed or self.is_changed or self.is_hidden)

    @property
    def box(self) -> str:
        """The box as four numbers between 0 and 1, "" if the model named none."""
        box = self.region.box if self.region else None
        return " ".join(f"{share:.5g}" for share in box) if box else ""


def attach(tree: Group, predicted: Predicted, entered: Entered) -> list[Prediction]:
    """Put each prediction at its place in the tree, doubtful places first.

    Returns those that have no place in the form.
    """
    nodes = {".".join(node.path): node for node in tree.walk() if node.path}
    strays: list[Prediction] = []
    for path, said in predicted.fields.items():
        node = nodes.get(path)
        made = _prediction(path, said, node, predicted, entered)
        if node is None:
            strays.append(made)
        else:
            node.prediction = made
    note_hidden(tree)
    bring_doubtful_up(tree)
    return strays


def note_hidden(node: Node, *, is_within: bool = False) -> None:
    """Tell the predictions below `node` whether their fields are shown."""
    is_hidden = is_within or node.is_hidden
    if node.prediction is not None:
        node.prediction.is_hidden = is_hidden
    for part in node.parts():
        note_hidden(part, is_within=is_hidden)


def bring_doubtful_up(group: Group) -> None:
    """Order stably: what a person must look at comes first, in this group and those within."""
    group.children.sort(key=lambda node: not any(part.wants_check for part in node.walk()))
    for node in group.children:
        if isinstance(node, Group):
            bring_doubtful_up(node)


def _prediction(
    path: str, said: PredictedField, node: Node | None, predicted: Predicted, entered: Entered
) -> Prediction:
    made = Prediction(
        path=path,
        is_doubtful=said.is_doubtful,
        is_confirmed=path in entered.getlist(CONFIRMED),
        is_blind=predicted.is_blind,
    )
    # whoever changes a value, or fills in what was left empty, has looked for it
    made.is_changed = isinstance(node, Leaf) and _was_typed(node)
    if predicted.is_blind:
        return made
    made.percent = percent_of(said.confidence)
    made.source = str(said.source)[:MAX_SOURCE]
    made.region = said.region
    if isinstance(node, Leaf):
        _compare(made, node, said.value)
    elif node is None:
        made.shown = _short(said.value)
    return _with_reasons(made, node, entered)


def _compare(made: Prediction, leaf: Leaf, value: Json) -> None:
    """Note whether a person changed the value, and what the model had read."""
    if leaf.is_personal:
        return
    made.has_text = True
    # what the form began with; it may be written otherwise than the model said it
    made.text = texts.shown(leaf.shape, leaf.base)
    made.shown = _as_read(leaf.shape, value)


def _with_reasons(made: Prediction, node: Node | None, entered: Entered) -> Prediction:
    made.reasons = reasons_of(node.shape.schema, node.shape.root) if node else reasons_of({}, {})
    made.reason = entered.get(f"{CORRECTION}{made.path}") or ""
    return made


def _was_typed(leaf: Leaf) -> bool:
    return leaf.is_editable and not texts.is_unchanged(leaf.shape, leaf.text, leaf.base)


def percent_of(confidence: float) -> int:
    """Return whole percents, cut and not rounded: 0.799 never looks like 80 %."""
    bounded = min(max(confidence, 0.0), 1.0) if confidence == confidence else 0.0
    return int(bounded * 100 + 1e-9)


def reasons_of(schema: JsonObject, root: JsonObject) -> list[tuple[str, str]]:
    """Return the codes and titles of reasons for a correction: the field's, the form's, or ours."""
    for described in (schema, root):
        own = described.get(REASONS_KEYWORD)
        found = list(_own_reasons(own)) if isinstance(own, list) else []
        if found:
            return found
    return [(code, str(title)) for code, title in REASONS]


def _own_reasons(listed: list[Json]) -> Iterable[tuple[str, str]]:
    known = dict(REASONS)
    for each in listed[:MAX_REASONS]:
        if isinstance(each, str) and each:
            yield each[:MAX_CODE], str(known.get(each, each))
        elif isinstance(each, dict) and isinstance(each.get("const"), str):
            code = str(each["const"])[:MAX_CODE]
            yield code, str(each.get("title") or known.get(code, code))


def _as_read(shape: Shape, value: Json) -> str:
    for choice, label in shape.choices:
        if choice == value and type(choice) is type(value):
            return label
    if shape.kind is Kind.DATE_TIME and isinstance(value, str):
        return (texts.local_moment(value) or value).replace("T", " ")[:MAX_SOURCE]
    return _short(value)


def _short(value: Json) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "–" if value is None else str(value)[:MAX_SOURCE]
