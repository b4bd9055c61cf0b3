"""Month partitions of append-only tables, made ahead; a DEFAULT one catches the rest."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import DatabaseError, connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

logger = logging.getLogger(__name__)

# So far ahead that a month which can't be made now may wait for weeks
MONTHS_BACK, MONTHS_AHEAD = 2, 3
# Whoever waits for a lock makes all others wait behind: so rather often than long
LOCK_TIMEOUT, LOCK_TRIES = "200ms", 5


class NextValue(models.Func):
    """The next number of `sequence`; numbers rows over all partitions of a table."""

    template = "nextval('%(sequence)s')"
    output_field = models.BigIntegerField()


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel for a table that is partitioned by the month of `partition_by`.

    Usage: `CreatePartitionedModel.by("ended_at", name=…, fields=…)`. Makes the DEFAULT partition;
    `ensure_month_partitions` makes the months.
    """

    partition_by = ""
    serialization_expand_args = ["fields", "options", "managers"]

    @classmethod
    def by(cls, column: str, **arguments: Any) -> "CreatePartitionedModel":
        operation = cls(**arguments)
        operation.partition_by = column
        return operation

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({self.partition_by})"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f"create table {table}_rest partition of {table} default")


def ensure_month_partitions(
    table: str, *, back: int = MONTHS_BACK, ahead: int = MONTHS_AHEAD
) -> list[str]:
    """Create the missing partitions of `table` around the current month; return their names.

    A month that can't be made now is left for the next call; the rest partition takes its rows.
    """
    today: date = _asked("select current_date")
    months = [_MonthOf.at(table, today, offset) for offset in range(-back, ahead + 1)]
    return [month.name for month in months if not month.is_there() and month.make()]


@dataclass(frozen=True)
class Month:
    """A month of a table that is there."""

    name: str
    first: date

    def is_there(self) -> bool:
        return bool(_asked("select to_regclass(%s) is not null", self.name))


def months_before(table: str, months: int) -> list[Month]:
    """Return what is older than so many whole months before the running one, oldest first."""
    today: date = _asked("select current_date")
    oldest = _month(today, -months)
    return [month for month in months_of(table) if month.first < oldest]


def months_of(table: str) -> list[Month]:
    """Return the months that a table has, oldest first; the rest partition is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = %s::regclass and inhrelid::regclass::text ~ '_\\d{4}_\\d{2}$'"
            " order by 1",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
    return [Month(name, date(int(name[-7:-3]), int(name[-2:]), 1)) for name in names]


@dataclass(frozen=True)
class _MonthOf:
    """One month of a table. Names are of our own tables, and digits: DDL takes no parameters."""

    table: str
    name: str
    first: date
    following: date

    @classmethod
    def at(cls, table: str, today: date, offset: int) -> "_MonthOf":
        first, following = _month(today, offset), _month(today, offset + 1)
        return cls(table, f"{table}_{first:%Y_%m}", first, following)

    def is_there(self) -> bool:
        return bool(_asked("select to_regclass(%s) is not null", self.name))

    def make(self) -> bool:
        """Build the table apart, then attach it; say whether it has been made.

        CREATE TABLE … PARTITION OF would lock the parent until its last reader has gone, and all
        who write it meanwhile. Attaching locks only the rest partition.
        """
        return in_short(f"make {self.name}", self._make) and self.is_there()

    def _make(self) -> None:
        # whoever makes the same months takes turns
        _run(f"select pg_advisory_xact_lock(hashtext('partitions of {self.table}'))")
        if self.is_there():
            return
        within = f"{_partitioned_by(self.table)} >= '{self.first}'"
        within += f" and {_partitioned_by(self.table)} < '{self.following}'"
        _run(
            f"create table {self.name} (like {self.table} including all excluding identity)",
            f"alter table {self.name} add constraint {self.name}_bound check ({within})",
        )
        self._move_from_rest(within)
        _run(
            f"alter table {self.table} attach partition {self.name}"
            f" for values from ('{self.first}') to ('{self.following}')",
            # the partition's bound says the same from now on
            f"alter table {self.name} drop constraint {self.name}_bound",
        )

    def _move_from_rest(self, within: str) -> None:
        """Take over what came in while there was no such month; nothing can be attached before."""
        rest = f"{self.table}_rest"
        if _asked(f"select exists (select from {rest} where {within})"):  # noqa: S608
            columns = _written_columns(self.table)
            _run(
                f"lock table {rest} in access exclusive mode",
                f"with moved as (delete from {rest} where {within} returning {columns})"  # noqa: S608
                f" insert into {self.name} ({columns}) select {columns} from moved",
            )


def _partitioned_by(table: str) -> str:
    found = _asked(
        "select a.attname from pg_partitioned_table p join pg_attribute a"
        " on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]"
        " where p.partrelid = %s::regclass",
        table,
    )
    return str(found)


def _written_columns(table: str) -> str:
    """Return the columns that can be written: not those which PostgreSQL works out itself."""
    found = _asked(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
        table,
    )
    return str(found)


def in_short(what: str, work: Callable[[], None]) -> bool:
    """Do `work` in a transaction that waits but shortly for locks; say whether it was done.

    It is tried some times, and may so be done in part and undone before.
    """
    fault: DatabaseError | None = None
    for _try in range(LOCK_TRIES):
        try:
            with transaction.atomic(), _short_of_patience():
                work()
        except DatabaseError as error:
            fault = error
        else:
            return True
    logger.warning("Can't %s now, so later: %s", what, fault)
    return False


@contextmanager
def _short_of_patience() -> Iterator[None]:
    """Set the lock timeout; reset it for those whose transaction goes on. Errors roll it back."""
    usual = _asked("select current_setting('lock_timeout')")
    _asked("select set_config('lock_timeout', %s, true)", LOCK_TIMEOUT)
    yield
    _asked("select set_config('lock_timeout', %s, true)", usual)


def _asked(question: str, *values: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _month(today: date, offset: int) -> date:
    index = today.year * 12 + today.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)
