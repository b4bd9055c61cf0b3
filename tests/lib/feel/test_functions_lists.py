"""List functions."""

import pytest

from tests.lib.feel.asking import ask, warnings_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("list contains([1, null], null)", "true"),
        ("list contains([1, 2], 3)", "false"),
        ('list contains([1, "1"], "1")', "true"),
        ("list contains([[1], [2]], [2])", "true"),
        ("count([1, null])", "2"),
        ("sublist([1, 2, 3], 2)", "[2, 3]"),
        ("sublist([1, 2, 3], 1, 2)", "[1, 2]"),
        ("sublist([1, 2, 3], -2, 1)", "[2]"),
        ("sublist([1, 2, 3], 4)", "null"),
        ("sublist([1, 2, 3], 2, 5)", "null"),
        ("sublist([1, 2, 3], 0)", "null"),
        ("append([1], 2, null)", "[1, 2, null]"),
        ("append(1, [2])", "[1, [2]]"),
        ("concatenate([1], [[2]], 3)", "[1, [2], 3]"),
        ("concatenate([1], null)", "null"),
        ("insert before([1, 3], 2, 2)", "[1, 2, 3]"),
        ("insert before([1, 3], -1, 2)", "[1, 2, 3]"),
        ("insert before([1], 3, 2)", "null"),
        ("remove([1, 2, 3], -1)", "[1, 2]"),
        ("remove([1], 2)", "null"),
        ("list replace([1, 2, 3], -1.5, 4)", "[1, 2, 4]"),
        ("list replace([1, 2, 3], 0, 4)", "null"),
        ("list replace([2, 7], function(item, newItem) item < newItem, 5)", "[5, 7]"),
        ("list replace([2, 4], function(item) item = 2, 5)", "null"),
        ("list replace([2, 4], function(item, newItem) item, 5)", "null"),
        ("reverse([1, 2])", "[2, 1]"),
        ("index of([1, 2, 1, null], 1)", "[1, 3]"),
        ("index of([1, null], null)", "[2]"),
        ("union([1, 2], [2, 3], 1)", "[1, 2, 3]"),
        ('distinct values([1, 1.0, true, "1", null, null])', '[1, true, "1", null]'),
        ("distinct values([[1], [1], {a: 1}, {a: 1}])", "[[1], {a: 1}]"),
        ("duplicate values([1, 2, 1, 1])", "[1]"),
        ("flatten([[1, [2]], [], 3, [[[4]]]])", "[1, 2, 3, 4]"),
        ("partition([1, 2, 3], 2)", "[[1, 2], [3]]"),
        ("partition([1], 0)", "null"),
    ],
)
def test_lists_to_lists(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("sort([3, 1, 2])", "[1, 2, 3]"),
        ("sort([3, 1, 2], function(a, b) a > b)", "[3, 2, 1]"),
        ("sort(precedes: function(a, b) a.x < b.x, list: [{x: 2}, {x: 1}])", "[{x: 1}, {x: 2}]"),
        ("sort([{x: 1, y: 1}, {x: 1, y: 2}], function(a, b) a.x < b.x).y", "[1, 2]"),
        ("sort([])", "[]"),
        ('sort([1, "a"])', "null"),
        ("sort([2, 1], function(a, b) null)", "null"),
        ("sort([2, 1], function(a) true)", "null"),
        ("sort([3, 1, 2], function(a, b) true)", "[2, 1, 3]"),
    ],
)
def test_sorting(text, answer):
    assert ask(text) == answer


def test_a_list_is_never_changed():
    assert ask("{a: [2, 1], b: sort(a), c: append(a, 3), d: reverse(a), e: a}.e") == "[2, 1]"


def test_a_position_that_is_not_there_is_named():
    assert warnings_of("remove([1], 5)") == ["`remove`: the list has no position 5."]
