"""Words of texts that machines wrote, as PostgreSQL finds them.

PostgreSQL's own parser takes INV-2026-17 for a word and two negative numbers, and a path or an
address for one long word. So whatever joins words becomes a space first, on both sides: an
identifier is the sequence of its parts, found by how it begins, whatever stands between them.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

# What the parser would read as part of a number, host, path, tag or e-mail address
JOINERS: Final = '-_./:@#+~&=?,;<>()[]{}|\\"^`'
SPACES: Final = " " * len(JOINERS)
# Of shorter words every third text has one that begins with them
SHORTEST_BEGINNING: Final = 3
# positions in a text beyond some thousand words are not told apart anyway
SEARCHED_CHARACTERS: Final = 8_200


class WordsIn(models.Func):
    """The words of these columns, as an index over them holds them; positions for phrases."""

    output_field = SearchVectorField()

    def as_sql(
        self, compiler: Any, connection: Any, *_more: Any, **_context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        parts = []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            assert not values, "columns alone have no values"
            parts.append(f"{sql}::text")
        text = " || ' ' || ".join(parts)
        joined = f"translate(left({text}, {SEARCHED_CHARACTERS}), '{JOINERS}', '{SPACES}')"
        return f"to_tsvector('simple'::regconfig, {joined})", ()


QUERY: Final = """
select string_agg('(' || words || case when is_beginning then ':*' else '' end || ')', ' & ')
  from (select phraseto_tsquery('simple'::regconfig, translate(term, %(joiners)s, %(spaces)s))::text
                   as words,
               is_beginning
          from unnest(%(terms)s::text[], %(beginnings)s::boolean[]) as t (term, is_beginning)
       ) as read
 where words <> ''
"""


def query_of(terms: Sequence[str]) -> str | None:
    """Return the tsquery, as text, for what has all of these terms; None if they have no word.

    The parts of a term stand side by side; its last one may go on, unless it is very short.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "terms": list(terms),
            "beginnings": [_ends_in_a_beginning(term) for term in terms],
            "joiners": JOINERS,
            "spaces": SPACES,
        }
        cursor.execute(QUERY, values)
        found: str | None = cursor.fetchone()[0]
    return found


def _ends_in_a_beginning(term: str) -> bool:
    """Say whether the last part is long enough, or follows others that narrow it down."""
    parts = term.translate(str.maketrans(JOINERS, SPACES)).split()
    return bool(parts) and (len(parts[-1]) >= SHORTEST_BEGINNING or len(parts) > 1)
