"""What an expression reads: the caller hands in no more than that."""

import pytest

from apps.lib.feel import compile_expression


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("{total: total}", {"total"}),
        ("{a: 1, b: a}", set()),
        ("{b: a, a: b}", {"a"}),
        ("{f: function(n) if n = 0 then 0 else f(n - 1), x: f(3)}", set()),
    ],
)
def test_an_entry_of_a_context_reads_what_is_outside_until_it_is_there(text, reads) -> None:
    assert compile_expression(text).reads == reads
