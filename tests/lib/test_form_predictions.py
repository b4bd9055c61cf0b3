"""Forms over what a model read: doubtful values stand out, and say whether they were looked at."""

from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from apps.inbox.predicted import Predicted, PredictedField, Region
from apps.lib.schema_forms import Group, SchemaForm
from apps.lib.schema_forms.predictions import percent_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string", "x-order": 1},
        "total": {"type": "number", "x-order": 2},
        "paid": {"type": "boolean", "x-order": 3},
        "centre": {"oneOf": [{"const": "a", "title": "Office"}, {"const": "b", "title": "Travel"}]},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"net": {"type": "number"}}},
        },
    },
}
VALUES: dict[str, Any] = {"number": "A1", "total": 12.5, "centre": "a", "lines": [{"net": 3}]}


def read(value: Any, *, sure: float = 0.62, doubtful: bool = True, **more: Any) -> PredictedField:
    return PredictedField(value=value, confidence=sure, is_doubtful=doubtful, **more)


def drawn(form: SchemaForm) -> str:
    return render_to_string("schema_form/form.html", {"form": form})


def form_of(
    fields: dict[str, PredictedField],
    values: dict[str, Any] | None = None,
    *,
    schema: dict[str, Any] = SCHEMA,
    is_blind: bool = False,
    **said: str | list[str],
) -> SchemaForm:
    data = QueryDict(mutable=True)
    for name, text in said.items():
        data.setlist(name, text if isinstance(text, list) else [text])
    form = SchemaForm(
        schema,
        VALUES if values is None else values,
        data=data if said else None,
        predicted=Predicted(fields=fields, is_blind=is_blind),
    )
    if said:
        form.is_valid()
    return form


def test_a_doubtful_field_is_framed_and_says_how_sure_the_model_was_and_where_it_read_the_value():
    region = Region(file="a.pdf", page=2, box=(0.1, 0.25, 0.5, 0.3))
    html = drawn(form_of({"total": read(12.5, source="Invoice, line 14", region=region)}))

    assert "Please check: AI 62 % sure · Invoice, line 14" in html
    assert 'data-page="2" data-file="a.pdf" data-box="0.1 0.25 0.5 0.3"' in html
    assert 'name="confirmed" value="total"' in html
    assert 'aria-describedby="f-v/total_ai"' in html
    assert 'name="correction:total"' in html


def test_a_field_of_which_the_model_was_sure_is_quiet():
    html = drawn(form_of({"number": read("A1", sure=0.97, doubtful=False)}))

    assert 'title="AI 97 % sure"' in html
    assert "Please check" not in html
    assert 'name="confirmed"' not in html


def test_doubtful_fields_come_first_and_the_others_keep_their_order():
    form = form_of({"centre": read("a"), "paid": read(None), "number": read("A1", doubtful=False)})

    assert [node.path[-1] for node in form.tree.children] == [
        "paid", "centre", "number", "total", "lines",
    ]  # fmt: skip


def test_a_list_with_a_doubtful_value_comes_first_and_its_row_is_open():
    form = form_of({"lines.0.net": read(3)})

    assert form.tree.children[0].path == ("lines",)
    assert "open" in drawn(form).split("f-v/lines/0-row")[1][:12]


def test_a_blind_look_shows_nothing_of_what_the_model_said():
    region = Region(file="secret.pdf", page=7, box=(0.1, 0.2, 0.3, 0.4))
    said = read(987.25, sure=0.6137, source="Page 7, bottom", region=region)
    html = drawn(form_of({"total": said}, {"number": "A1"}, is_blind=True))

    for told in ("987", "61", "Page 7", "secret", "data-box", "data-ai-text", "correction:", "AI"):
        assert told not in html
    assert "Please read this value from the document." in html


@pytest.mark.parametrize(
    ("said", "confirmed"),
    [
        ({"v/total": "12.5"}, set()),
        ({"v/total": "12.5", "confirmed": ["total"]}, {"total"}),
        ({"v/total": "13"}, {"total"}),
        ({"v/total": "12.51", "confirmed": ["number", "nonsense"]}, {"total"}),
        ({"v/number": "A1"}, set()),
    ],
)
def test_a_doubtful_value_was_looked_at_when_it_was_ticked_or_changed(
    said: dict[str, Any], confirmed: set[str]
):
    form = form_of({"total": read(12.5)}, **said)

    assert form.confirmed == confirmed
    assert [each.path for each in form.unconfirmed] == ([] if confirmed else ["total"])
    assert form.insist_on_looks() == bool(confirmed)


def test_a_value_that_the_form_writes_otherwise_than_the_model_was_not_changed():
    form = form_of({"total": read("12.50")}, **{"v/total": "12.5"})

    assert form.confirmed == frozenset()


def test_whoever_did_not_look_is_told_at_the_field_and_in_the_summary():
    form = form_of({"total": read(12.5), "gone": read(1)}, **{"v/total": "12.5"})

    form.insist_on_looks()

    assert [fault.message for fault in form.faults()] == [
        "Total must be looked at before you decide.",
        "gone must be looked at before you decide.",
    ]


def test_a_draft_remembers_what_was_looked_at_and_why_a_value_was_changed():
    draft = {"v/total": ["14"], "confirmed": ["number"], "correction:total": ["misread"]}
    fields = {"total": read(12.5), "number": read("A1")}
    form = SchemaForm(SCHEMA, VALUES, draft=draft, predicted=Predicted(fields=fields))

    html = drawn(form)

    assert form.confirmed == {"total", "number"}
    assert form.correction_reasons == {"total": "misread"}
    assert '<option value="misread" selected>' in html
    assert "<del>12.5</del>" in html


def test_a_reason_counts_only_for_a_changed_value_and_only_if_it_was_offered():
    said = {
        "v/total": "13",
        "v/number": "A1",
        "v/centre": "1",
        "correction:total": "misread",
        "correction:number": "misread",
        "correction:centre": "<script>",
    }
    fields = {"total": read(12.5), "number": read("A1"), "centre": read("a")}

    assert form_of(fields, **said).correction_reasons == {"total": "misread"}


def test_a_form_and_a_field_may_name_their_own_reasons():
    schema = {
        **SCHEMA,
        "x-correction-reasons": ["misread", {"const": "dup", "title": "Booked twice"}, 7],
        "properties": {
            "total": {"type": "number", "x-correction-reasons": [{"const": "vat", "title": "VAT"}]},
            "number": {"type": "string"},
        },
    }
    form = form_of({"total": read(12.5), "number": read("A1")}, schema=schema)
    offered = {each.path: each.reasons for each in form.predictions()}

    assert offered["total"] == [("vat", "VAT")]
    assert offered["number"] == [("misread", "Misread"), ("dup", "Booked twice")]


def test_a_value_of_a_list_of_choices_is_compared_and_shown_by_its_title():
    form = form_of({"centre": read("a")}, **{"v/centre": "1"})

    assert form.confirmed == {"centre"}
    assert "<del>Office</del>" in drawn(form)


def test_a_doubtful_value_that_the_form_does_not_have_can_still_be_looked_at():
    form = form_of({"elsewhere.x": read(3)})

    assert 'name="confirmed" value="elsewhere.x"' in drawn(form)


def test_what_a_model_says_is_never_markup():
    evil = "<script>alert(1)</script>"
    fields = {
        "total": read(evil, source=evil, region=Region(file=evil)),
        "number": read(evil, doubtful=False),
        evil: read(evil),
    }

    assert "<script" not in drawn(form_of(fields))


def test_a_personal_value_is_not_told_by_what_the_model_read():
    schema = {"type": "object", "properties": {"iban": {"type": "string", "x-personal": True}}}
    fields = {"iban": read("DE02120300000000202051")}

    for form in (
        form_of(fields, {"iban": "DE02120300000000202051"}, schema=schema),
        form_of(fields, {"iban": "DE02120300000000202051"}, schema=schema, **{"v/iban": "DE1"}),
    ):
        assert "DE0212" not in drawn(form)
        assert 'name="confirmed" value="iban"' in drawn(form)


@pytest.mark.parametrize(
    ("confidence", "percent"), [(0.799, 79), (0.62, 62), (1.0, 100), (7.0, 100), (-1.0, 0)]
)
def test_percents_are_cut_and_never_beyond_a_hundred(confidence: float, percent: int):
    assert percent_of(confidence) == percent
    assert percent_of(float("nan")) == 0


def test_a_whole_group_can_be_doubtful():
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}}}}
    form = form_of({"a": read({"b": 1})}, {"a": {"b": 1}}, schema=schema)

    assert isinstance(form.tree.children[0], Group)
    assert 'name="confirmed" value="a"' in drawn(form)
