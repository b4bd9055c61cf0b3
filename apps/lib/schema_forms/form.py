"""A Django form made from a JSON Schema."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.schema import check_payload, check_schema

from . import texts, widgets
from .answers import Answer
from .nodes import Builder, DraftEntered, Entered, Group, Leaf, Node, NothingEntered, Row, Rows
from .personal import masked
from .predictions import MAX_CODE, Predicted, Prediction, attach, note_hidden, reasons_of
from .shapes import MISSING, Shape, Value, read_shape
from .showing import (
    Translator,
    condition_of,
    depends,
    everything,
    hidden_places,
    pruned,
    replaced,
)

MANY_FIELDS = 40


@dataclass(frozen=True)
class Fault:
    """One line of the error summary."""

    id: str
    label: str
    message: str

    @property
    def names_its_field(self) -> bool:
        return bool(self.label) and self.message.startswith(self.label)


class LeafControl(BoundField):
    """A control that is also described by what a model said about its value."""

    @property
    def aria_describedby(self) -> str | None:
        field = self.field
        said = field.leaf.prediction if isinstance(field, LeafField) else None
        own = f"{self.auto_id}_ai" if said is not None and said.is_doubtful else ""
        return " ".join(filter(None, (own, super().aria_describedby))) or None


class LeafField(forms.Field):
    """Reads one control. What was not changed, or not sent, is the value as it was."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        super().__init__(
            required=False,
            label=leaf.shape.title,
            help_text=leaf.shape.help,
            widget=widgets.widget_for(leaf),
            initial=leaf.text,
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> LeafControl:
        return LeafControl(form, self, field_name)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data

    def clean(self, value: Any) -> Value:
        leaf = self.leaf
        if value is None or texts.is_unchanged(leaf.shape, value, leaf.base):
            return leaf.base
        if leaf.files is not None and value not in ("", *(ref for ref, _title in leaf.files)):
            raise forms.ValidationError(_("Choose one of the files."))
        try:
            return texts.read(leaf.shape, value)
        except texts.TextError as error:
            raise forms.ValidationError(str(error)) from None


class SchemaForm(forms.Form):
    """The data of a task as a form.

    `payload` is the data as it was; `data` what was sent; `draft` what was typed and not sent;
    `predicted` what a model read of it, by dotted path; `files` the files that fields may name,
    each with its title (None: any text will do).
    After `is_valid()`, `new_payload` is the data as it should be, checked against the schema.
    """

    use_required_attribute = False

    def __init__(
        self,
        schema: JsonObject,
        payload: JsonObject,
        *,
        data: QueryDict | None = None,
        draft: JsonObject | None = None,
        revealed: frozenset[str] = frozenset(),
        predicted: Predicted | None = None,
        files: Sequence[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(data, auto_id="f-%s")
        self.has_usable_schema = not check_schema(schema)
        self.schema: JsonObject = schema if self.has_usable_schema else {}
        self.payload = payload
        self.new_payload: JsonObject = payload
        self.changed_paths: list[str] = []
        self.entered = _entered(data, draft)
        hidden = masked(payload, schema)
        choices = None if files is None else tuple(files)
        builder = Builder(self.entered, hidden=hidden, revealed=revealed, files=choices)
        self.tree = builder.build_root(_root_shape(schema, self.schema), payload)
        self._depends = depends(self.schema)
        if self._depends:
            self._hide(typed_values(self.tree))
        # what a model read that the form has no place for
        self.strays = attach(self.tree, predicted, self.entered) if predicted else []
        self._blanks = forms.Form(auto_id="f-%s")
        self._add_fields(self.tree.walk(), self)
        for blank in _blanks_in(self.tree):
            self._add_fields(blank.walk(), self._blanks)

    def clean(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        answer = Answer(self.entered, values)
        self.new_payload = answer.payload(self.tree)
        schema = self._settle_hidden(answer) if self._depends else self.schema
        for problem in check_payload(schema, self.new_payload):
            self._blame(answer.node_at(problem.path), problem.path, problem.message)
        for node in self.tree.walk():
            if node.errors and not self.errors:
                self.add_error(None, _("Some values are not right."))
        return self.cleaned_data

    def _settle_hidden(self, answer: Answer) -> JsonObject:
        """Leave out what is hidden now; return the schema that holds for the rest."""
        places = self._hide(answer.values)
        for path in places:
            node = answer.places[path]
            self.errors.pop(node.name, None)
            kept = node.base if node.name in self._hid_before else MISSING
            self.new_payload = replaced(self.new_payload, path.split("."), kept)
        return pruned(self.schema, places)

    def _hide(self, values: dict[str, Value]) -> list[str]:
        """Mark what `values` hide; return where that stands in the data."""
        before = Answer(NothingEntered(), {})
        self._hid_before = {
            before.places[path].name for path in hidden_places(before, before.payload(self.tree))
        }
        answer = Answer(self.entered, values)
        places = hidden_places(answer, answer.payload(self.tree))
        hidden = {id(answer.places[path]) for path in places}
        translator = Translator()
        translator.learn(self.tree)

        def mark(node: Node) -> None:
            condition = condition_of(node)
            if condition is None:
                return
            told = translator.translate(node, condition)
            node.show_if = json.dumps(told) if told is not None else ""
            # what the browser can't follow is never hidden there: the server leaves it out
            node.is_hidden = id(node) in hidden and bool(node.show_if)

        everything(self.tree, mark)
        note_hidden(self.tree)
        return places

    def mark_doubtful(self, path: str) -> Node | None:
        """Mark what the bot complained about; return it, or None when the form has no such part."""
        for node in self.tree.walk():
            if path and ".".join(node.path) == path:
                node.is_doubtful = True
                self.tree.bring_up(path)
                return node
        return None

    def find(self, name: str) -> Leaf | None:
        for node in self.tree.walk():
            if isinstance(node, Leaf) and node.name == name:
                return node
        return None

    def predictions(self) -> list[Prediction]:
        """Return what a model read, from top to bottom, then what has no place in the form."""
        found = [node.prediction for node in self.tree.walk() if node.prediction is not None]
        return [*found, *self.strays]

    @property
    def confirmed(self) -> frozenset[str]:
        """The paths of doubtful values that were looked at: ticked, or changed."""
        doubtful = [each for each in self.predictions() if each.is_doubtful]
        return frozenset(each.path for each in doubtful if not each.wants_look)

    @property
    def unconfirmed(self) -> list[Prediction]:
        """The doubtful values that nobody has looked at yet."""
        return [each for each in self.predictions() if each.wants_look]

    @property
    def correction_reasons(self) -> dict[str, str]:
        """Why values were changed, {dotted path: code}; only codes that the form offers."""
        return {
            each.path: each.reason[:MAX_CODE]
            for each in self.predictions()
            if each.is_changed and each.reason in dict(each.reasons)
        }

    @property
    def is_long(self) -> bool:
        """Whether a field is easier found by its name than by looking."""
        return len(self.fields) >= MANY_FIELDS

    @property
    def any_correction(self) -> Prediction | None:
        """What asks why a value was changed, for the browser to copy to where it is needed.

        None where nothing was predicted, or nobody may know what.
        """
        if all(each.is_blind for each in self.predictions()):
            return None
        reasons = reasons_of({}, self.schema)
        return Prediction(path="", is_doubtful=False, is_confirmed=False, reasons=reasons)

    def insist_on_looks(self) -> bool:
        """Put a fault at each doubtful value that nobody has looked at; True if there are none."""
        missing = {each.path for each in self.unconfirmed}
        for node in self.tree.walk():
            if node.prediction is not None and node.prediction.path in missing:
                self._blame(node, node.prediction.path, _("must be looked at before you decide"))
        for each in self.strays:
            if each.path in missing:
                self._blame(None, each.path, _("must be looked at before you decide"))
        return not missing

    def faults(self) -> list[Fault]:
        """Return what is wrong, from top to bottom."""
        return list(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for node in self.tree.walk():
            control = node.control if isinstance(node, Leaf) else None
            for message in [*(control.errors if control else []), *node.errors]:
                yield Fault(node.id, node.shape.title, str(message))
        for message in self.non_field_errors():
            yield Fault("", "", str(message))

    def _add_fields(self, nodes: Iterator[Node], form: forms.Form) -> None:
        for node in nodes:
            if isinstance(node, Leaf) and node.is_editable:
                form.fields[node.name] = LeafField(node)
                node.control = form[node.name]

    def _blame(self, node: Node | None, path: str, message: str) -> None:
        """Say `message` where the person can see it: at the control, the group, or on top."""
        if isinstance(node, Leaf) and node.name in self.fields:
            if node.name not in self.errors:
                self.add_error(node.name, _sentence(node.shape.title, message))
        elif node is None or node is self.tree:
            self.add_error(None, _sentence(path, message) if path else message)
        else:
            node.errors.append(_sentence(node.shape.title, message))


def typed_values(tree: Group) -> dict[str, Value]:
    """Return what the controls say, as far as that can be read."""
    return {
        node.name: _typed(node)
        for node in tree.walk()
        if isinstance(node, Leaf) and node.is_editable
    }


def _typed(leaf: Leaf) -> Value:
    if texts.is_unchanged(leaf.shape, leaf.text, leaf.base):
        return leaf.base
    try:
        return texts.read(leaf.shape, leaf.text)
    except texts.TextError:
        return leaf.base


def _entered(data: QueryDict | None, draft: JsonObject | None) -> Entered:
    if data is not None:
        return data
    return DraftEntered(draft) if draft else NothingEntered()


def _root_shape(stored: Json, usable: JsonObject) -> Shape:
    shape = read_shape({"type": "object", **usable}, root=usable)
    # a schema that can't be used can't say what is personal either: then all of it is
    is_personal = usable is not stored and "x-personal" in json.dumps(stored)
    return replace(shape, is_personal=shape.is_personal or is_personal)


def _blanks_in(node: Node) -> Iterator[Row]:
    """Yield the rows that "add" would add, those within such rows included."""
    for part in node.walk():
        if isinstance(part, Rows) and part.blank is not None:
            yield part.blank
            yield from _blanks_in(part.blank)


def _sentence(subject: str, predicate: str) -> str:
    return _("%(subject)s %(predicate)s.") % {"subject": subject, "predicate": predicate}


__all__ = ["MISSING", "Fault", "Group", "SchemaForm"]
