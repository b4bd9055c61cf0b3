"""What a gate decides, from plain values."""

import pytest

from apps.lib.errors import InvalidError
from apps.queues import engine
from apps.queues.engine.gates import parse_thresholds, read_thresholds


def reading(field: str, sure: float, **more: str) -> engine.Reading:
    return engine.Reading(field=field, value=1, confidence=sure, **more)


def judge(thresholds: dict, *readings: engine.Reading, share: float = 0.0, draw: float = 0.5):
    rules = parse_thresholds(thresholds)
    return engine.evaluate(rules, readings, sample_share=share, draw=draw)


RULES = {
    "default": 0.5,
    "fields": {"total": 0.9, "lines.*.net": 0.7},
    "classes": {"credit note": {"total": 0.99, "*": 0.6}},
    "required": [],
}


@pytest.mark.parametrize(
    ("field", "document_class", "threshold"),
    [
        ("total", "", 0.9),
        ("total", "invoice", 0.9),
        ("total", "credit note", 0.99),
        ("vendor", "", 0.5),
        ("vendor", "credit note", 0.6),
        ("lines.12.net", "", 0.7),
        ("lines.12.net", "credit note", 0.6),
        ("lines.x.net", "", 0.5),
    ],
)
def test_the_nearest_threshold_holds(field: str, document_class: str, threshold: float):
    assert parse_thresholds(RULES).threshold(field, document_class) == threshold


def test_as_sure_as_wanted_is_sure_enough_and_a_hair_less_is_not():
    assert judge(RULES, reading("total", 0.9)).goes == "passed"
    assert judge(RULES, reading("total", 0.8999999)).goes == "person"


def test_the_class_of_one_reading_is_that_of_the_document():
    by_class = reading("vendor", 0.55, document_class="credit note")

    verdict = judge(RULES, reading("total", 0.95), by_class)

    assert [each.field for each in verdict.doubtful] == ["total", "vendor"]


def test_no_default_means_that_other_fields_need_not_be_sure():
    assert judge(
        {"default": None, "fields": {"a": 0.5}}, reading("a", 1), reading("b", 0)
    ).goes == ("passed")


def test_what_is_named_and_not_read_is_doubtful_but_for_lists_and_other_classes():
    rules = {"fields": {"a": 0, "lines.*.b": 0.9}, "classes": {"x": {"c": 0.9}, "y": {"d": 0.9}}}

    plain = judge(rules)
    of_class = judge(rules, reading("e", 1, document_class="x"))
    listed = judge({**rules, "required": ["d", "f"]}, reading("e", 1, document_class="x"))

    assert [each.field for each in plain.doubtful] == ["a"]
    assert [each.field for each in of_class.doubtful] == ["a", "c"]
    assert [(each.field, each.threshold) for each in listed.doubtful] == [("f", 0.8)]


def test_doubt_goes_before_the_sample_and_the_draw_decides_the_sample():
    sure, unsure = reading("total", 1), reading("total", 0)

    assert judge(RULES, unsure, share=1, draw=0).goes == "person"
    assert judge(RULES, sure, share=0.1, draw=0.0999).goes == "sampled"
    assert judge(RULES, sure, share=0.1, draw=0.1).goes == "passed"
    assert judge(RULES, sure, share=0, draw=0).goes == "passed"
    assert judge(RULES, sure, share=1, draw=0.99999).goes == "sampled"


@pytest.mark.parametrize("broken", [None, [], {"default": 2}, {"fields": {"a": float("nan")}}])
def test_broken_thresholds_are_refused_and_stored_ones_let_nothing_through(broken):
    with pytest.raises(InvalidError):
        parse_thresholds(broken)
    threshold = read_thresholds(broken).threshold("a")
    assert threshold is not None
    assert threshold > 1.0  # the surest, too, goes to a person


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, "predictions"),
        ({"fields": []}, "predictions"),
        ({"fields": {"a": 0.5}}, "predictions.fields.a"),
        ({"fields": {"a": {}}}, "predictions.fields.a.confidence"),
        ({"fields": {"a": {"confidence": float("nan")}}}, "predictions.fields.a.confidence"),
        ({"fields": {"a": {"confidence": 1, "sure": 1}}}, "predictions.fields.a.sure"),
        ({"fields": {"a": {"confidence": 1, "source": "x" * 301}}}, "predictions.fields.a.source"),
        (
            {"fields": {"a": {"confidence": 1, "region": {"box": [0, 0, 2, 1]}}}},
            "predictions.fields.a.region.box",
        ),
        (
            {"fields": {"a": {"confidence": 1, "region": {"page": 0}}}},
            "predictions.fields.a.region.page",
        ),
        ({"fields": {}, "model": 5}, "predictions.model"),
        ({"fields": {str(n): {"confidence": 1} for n in range(501)}}, "predictions.fields"),
    ],
)
def test_readings_that_can_not_be_used_are_refused_by_field(value, path: str):
    with pytest.raises(InvalidError) as refused:
        engine.parse_readings(value)
    assert refused.value.fields[0].path == path


def test_a_field_may_name_a_model_of_its_own():
    first, second = engine.parse_readings(
        {
            "model": "reader",
            "prompt": "Read it.",
            "fields": {"a": {"confidence": 1, "model": "other"}, "b": {"confidence": 0}},
        }
    )

    assert (first.model, second.model) == ("other", "reader")
    assert first.prompt == second.prompt == "Read it."


def test_the_output_is_completed_where_it_says_nothing_and_never_changed():
    output = {"total": 1, "lines": [{"net": 2}], "vendor": {"name": "A"}}
    readings = [reading("total", 1), reading("lines.0.net", 1), reading("vendor.city", 1)]

    whole = engine.completed(output, [*readings, reading("due.date", 1)])

    assert whole == {
        "total": 1,
        "lines": [{"net": 2}],
        "vendor": {"name": "A", "city": 1},
        "due": {"date": 1},
    }
    assert output == {"total": 1, "lines": [{"net": 2}], "vendor": {"name": "A"}}
    assert engine.completed(None, [reading("a", 1)]) == {"a": 1}
    assert engine.completed([1], [reading("a", 1)]) is None
