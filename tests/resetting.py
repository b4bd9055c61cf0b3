"""A test database is put back as the template is: only what a test changed is touched.

A copy of the template takes a third of a second, and most tests with real commits fill a handful
of tables with a handful of rows. What can't be put back row by row (a changed schema, changed
rows of a migration, large tables) is told, and the caller copies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# larger tables are copied anew: emptied row by row they would keep their size
MAX_TABLE_PAGES = 100
END_SECONDS = 10

# numbers of the catalogs that every change of a table, constraint, trigger or function moves
SHAPE = """
    select array[
        (select array[count(*), max(oid::bigint), sum(hashtext(relname))] from pg_class
          where relnamespace = 'public'::regnamespace),
        (select array[count(*), sum(atttypid::bigint), sum(attnotnull::int + 2 * atthasdef::int)]
           from pg_attribute where attrelid >= 16384 and attnum > 0),
        (select array[count(*), max(oid::bigint), sum(convalidated::int)] from pg_constraint),
        (select array[count(*), max(oid::bigint), sum(ascii(tgenabled::text))] from pg_trigger),
        (select array[count(*), max(oid::bigint), sum(hashtext(prosrc))] from pg_proc
          where pronamespace = 'public'::regnamespace)]::text
"""
# a table of no page was never filled; one with pages may be empty again
FILES = """
    select relname, pg_relation_size(oid) / current_setting('block_size')::int
      from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and pg_relation_size(oid) > 0
"""
SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = 'public'"
END_OTHERS = """
    select pg_terminate_backend(pid, %s) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Original:
    """What the template looks like: its shape, the rows of its migrations, its sequences."""

    shape: str
    rows: dict[str, str]
    sequences: dict[str, int | None]

    @classmethod
    def read(cls, cursor: psycopg.Cursor[Any]) -> "Original":
        """Read it from a fresh copy."""
        return cls(
            shape=_shape(cursor),
            rows=_sums(cursor, [name for name, _ in cursor.execute(FILES).fetchall()]),
            sequences=dict(cursor.execute(SEQUENCES).fetchall()),
        )

    def restore(self, cursor: psycopg.Cursor[Any]) -> bool:
        """Put the database back, and say whether it could be: if not, it must be copied anew.

        Whoever is still connected is thrown out first. `cursor` is a superuser's, in one
        transaction: triggers that forbid to delete, and foreign keys, are not asked.
        """
        cursor.execute(END_OTHERS, [END_SECONDS * 1000])
        pages = dict(cursor.execute(FILES).fetchall())
        used = pages.keys() - self.rows.keys()
        if any(pages[table] > MAX_TABLE_PAGES for table in used):
            return False
        if _shape(cursor) != self.shape or _sums(cursor, self.rows) != self.rows:
            return False
        cursor.execute("set local session_replication_role = replica")
        for table in used:
            cursor.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        self._rewind(cursor)
        return True

    def _rewind(self, cursor: psycopg.Cursor[Any]) -> None:
        for name, value in cursor.execute(SEQUENCES).fetchall():
            known = self.sequences[name]
            if value != known:
                cursor.execute(
                    "select setval(%s::regclass, %s, %s)",
                    [f'public."{name}"', known or 1, known is not None],
                )


def _shape(cursor: psycopg.Cursor[Any]) -> str:
    return str(cursor.execute(SHAPE).fetchone())


def _sums(cursor: psycopg.Cursor[Any], tables: Iterable[str]) -> dict[str, str]:
    """Return a sum of the rows of each table."""
    summed = "select md5(coalesce(string_agg(r::text, ',' order by r::text), '')) from {} r"
    return {
        name: str(cursor.execute(sql.SQL(summed).format(sql.Identifier(name))).fetchone())
        for name in tables
    }
