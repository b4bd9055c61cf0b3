"""Forms under random hands: what was not changed stays, byte by byte, whatever a model said."""

import json
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.inbox.predicted import Predicted, PredictedField, Region, predicted_of
from apps.lib.schema_forms import Leaf, SchemaForm
from tests.lib.test_schema_forms import json_values, schemas, sent

EFFORT = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
regions = st.none() | st.builds(
    Region,
    file=st.text(max_size=5),
    page=st.integers(0, 5),
    box=st.none() | st.tuples(*[st.floats(allow_nan=False, width=32)] * 4),
)
fields = st.builds(
    PredictedField,
    value=json_values,
    confidence=st.floats(),
    source=st.text(max_size=9),
    region=regions,
    is_doubtful=st.booleans(),
)
predicted = st.builds(
    Predicted,
    fields=st.dictionaries(st.text("ab.0", max_size=4), fields, max_size=5),
    is_blind=st.booleans(),
)
objects = st.dictionaries(st.text("ab/~.%: ü", max_size=4), json_values, max_size=4)


@EFFORT
@given(schemas, objects, predicted)
def test_a_form_that_is_sent_as_it_was_drawn_changes_nothing(
    schema: Any, payload: Any, said: Predicted
):
    drawn = SchemaForm(schema, payload, predicted=said)
    html = render_to_string("schema_form/form.html", {"form": drawn})
    form = SchemaForm(schema, payload, data=sent(drawn), predicted=said)
    form.is_valid()

    assert dumped(kept(payload, form.new_payload)) == dumped(payload)
    # nothing was ticked and nothing changed: nobody has looked
    shown = {each.path for each in form.unconfirmed} | {
        each.path for each in form.predictions() if each.is_hidden
    }
    assert shown == {path for path, each in said.fields.items() if each.is_doubtful}
    assert form.correction_reasons == {}
    assert "style=" not in html


@EFFORT
@given(schemas, objects, st.text(max_size=8), st.integers(0, 30))
def test_a_change_changes_its_own_value_only(schema: Any, payload: Any, typed: str, which: int):
    drawn = SchemaForm(schema, payload)
    leaves = [node for node in drawn.tree.walk() if isinstance(node, Leaf) and node.is_editable]
    if not leaves or "x-show-if" in json.dumps(schema):
        return
    leaf = leaves[which % len(leaves)]
    data = sent(drawn)
    data[leaf.name] = typed
    form = SchemaForm(schema, payload, data=data)
    form.is_valid()

    # an entry that is emptied leaves its list, and those behind it move up
    moved = leaf.path[:-1] if not typed and isinstance(at(payload, leaf.path[:-1]), list) else None
    others = {node.path for node in leaves} - {leaf.path}
    for path in others:
        if path[: len(leaf.path)] == leaf.path or path[: len(moved or ())] == moved:
            continue
        before = at(payload, path)
        assert before is None or dumped(kept(before, at(form.new_payload, path))) == dumped(before)


@EFFORT
@given(st.dictionaries(st.text("v/abc:_confirmedcorrection", max_size=12), st.text(max_size=9)))
def test_no_request_breaks_a_form(said: dict[str, str]):
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "object", "properties": {"b": {}}}},
            "b": {"type": "number", "x-show-if": {"c": "x"}},
            "c": {"type": "string", "format": "x-file"},
        },
    }
    data = QueryDict(mutable=True)
    data.update(said)
    for files in (None, [("ref", "Title")]):
        form = SchemaForm(schema, {"a": [{"b": 1}]}, data=data, files=files)
        form.is_valid()
        assert isinstance(form.new_payload, dict)
        assert isinstance(form.faults(), list)


@EFFORT
@given(predicted)
def test_what_a_task_keeps_of_predictions_is_read_back(said: Predicted):
    assert repr(predicted_of(said.stored())) == repr(said)


def test_a_form_of_two_hundred_fields_has_sections_and_a_box_to_find_them():
    properties: dict[str, Any] = {
        f"field_{number}": {
            "type": ["string", "number", "boolean", "integer"][number % 4],
            "x-section": f"Part {number // 25}",
            "x-order": number,
        }
        for number in range(200)
    }
    schema = {"type": "object", "properties": properties}
    doubtful = PredictedField(value=1, confidence=0.2, is_doubtful=True)
    said = Predicted(fields={"field_150": doubtful})
    payload = {"field_0": "a", "field_1": 2.50, "unknown": [1, {"x": None}]}
    drawn = SchemaForm(schema, payload, predicted=said)
    html = render_to_string("schema_form/form.html", {"form": drawn, "folds": True})

    assert drawn.is_long
    assert "data-find-field" in html
    assert html.count('class="form-section"') == 8
    assert html.index("field_150") < html.index("field_0")
    assert SchemaForm(schema, payload, data=sent(drawn)).is_valid()


def kept(before: Any, after: Any) -> Any:
    """Return `after` without what was not there `before`.

    A needed object that is missing is begun, and a needed box that nobody ticked says no.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: kept(before[key], after.get(key)) for key in before}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [kept(*pair) for pair in zip(before, after, strict=True)]
    return after


def dumped(value: Any) -> str:
    return json.dumps(value)


def at(place: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if isinstance(place, dict):
            place = place.get(part)
        elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        else:
            return None
    return place
