"""Month partitions of append-only tables, made ahead; a DEFAULT one catches the rest."""

from datetime import date
from typing import Any

from django.db import connection, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

MONTHS_BACK, MONTHS_AHEAD = 2, 3


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
    """Create the missing partitions of `table` around the current month; return their names."""
    made = []
    with connection.cursor() as cursor:
        cursor.execute("select current_date")
        today: date = cursor.fetchone()[0]
        for offset in range(-back, ahead + 1):
            first, following = _month(today, offset), _month(today, offset + 1)
            name = f"{table}_{first:%Y_%m}"
            cursor.execute("select to_regclass(%s) is null", [name])
            if cursor.fetchone()[0]:
                # names are made of our own table names and digits; DDL takes no parameters
                cursor.execute(
                    f"create table if not exists {name} partition of {table}"
                    f" for values from ('{first:%Y-%m-01}') to ('{following:%Y-%m-01}')"
                )
                made.append(name)
    return made


def _month(today: date, offset: int) -> date:
    index = today.year * 12 + today.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)
