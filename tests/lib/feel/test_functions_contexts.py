"""Context functions."""

import pytest

from apps.lib.feel import Run
from apps.lib.feel.functions import BUILTINS
from tests.lib.feel.asking import ask


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('get value({a: "foo"}, "a")', "foo"),
        ('get value(key: "a", m: {a: "foo"})', "foo"),
        ('get value(key: "a", context: {a: "foo"})', "foo"),
        ('get value({a: {b: 1}}, ["a", "b"])', "1"),
        ('get value({a: 1}, ["a", "b"])', "null"),
        ('get value({a: "foo"}, "b")', "null"),
        ('get value("foo", "a")', "null"),
        ('get entries({a: "foo"})', '[{key: "a", value: "foo"}]'),
        ("get entries({})", "[]"),
        ("get entries([1, 2])", "null"),
        ('context([{key: "a", value: 1}, {key: "b", value: null}])', "{a: 1, b: null}"),
        ('context({key: "a", value: 1})', "{a: 1}"),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "null"),
        ('context({key: "a"})', "null"),
        ("context({key: null, value: 1})", "null"),
        ("context([1])", "null"),
        ('context put({a: 1}, "b", 2)', "{a: 1, b: 2}"),
        ('context put({a: 1, b: 2}, "a", null)', "{a: null, b: 2}"),
        ('context put({x: 1, y: {a: 0}}, ["y", "a"], 2)', "{x: 1, y: {a: 2}}"),
        ('context put(context: {y: {a: 0}}, keys: ["y", "b"], value: 2)', "{y: {a: 0, b: 2}}"),
        ('context put({y: {a: 0}}, ["y", "a", "b"], 2)', "null"),
        ("context put({}, [], 2)", "null"),
        ("context put({}, [null], 2)", "null"),
        ("context put({}, 1, 1)", "null"),
        ("context merge([{a: 1, b: 1}, {a: {c: 2}}])", "{a: {c: 2}, b: 1}"),
        ("context merge({a: 1})", "{a: 1}"),
        ("context merge([{a: 1}, 2])", "null"),
    ],
)
def test_contexts(text, answer):
    assert ask(text) == answer


def test_a_context_is_never_changed():
    assert ask('{a: {x: 1}, b: context put(a, "x", 2), c: a.x}.c') == "1"


def test_a_long_way_into_a_context_is_no_fault():
    deep = 0
    for _ in range(3_000):
        deep = {"a": deep}

    changed = BUILTINS["context put"].call(Run(), [deep, ["a"] * 3_000, 1], None)

    for _ in range(3_000):
        changed = changed["a"]
    assert changed == 1
