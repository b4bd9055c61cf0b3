"""An empty database is migrated the quick way; the result is what Django's own way makes."""

import pytest
from django.core.management import call_command
from django.db import connections

from controlroom.quick_migrations import quick_migrations
from tests.databases import maintenance, use_database

# tables with relations in all directions, partitions and SQL of their own, at a fifth of the time
APPS = ["notices", "events", "calendars"]
EVERYTHING = """
    select 'column', table_name, column_name, data_type || ' ' || is_nullable
           || coalesce(' ' || column_default, '') || coalesce(' ' || generation_expression, '')
      from information_schema.columns where table_schema = 'public'
    union all
    select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace
    order by 1, 2, 3
"""


def _made(apps):
    """Migrate a fresh database and return what is in it."""
    name = connections["default"].settings_dict["NAME"]
    try:
        with maintenance() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS test_migrated")
            cursor.execute("CREATE DATABASE test_migrated")
        use_database("test_migrated")
        for app in apps:
            call_command("migrate", *app, verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute(EVERYTHING)
            return cursor.fetchall()
    finally:
        use_database(name)


def _made_both_ways(apps):
    with quick_migrations():
        quick = _made(apps)
    return quick, _made(apps)


@pytest.mark.django_db(transaction=True)
def test_the_quick_way_makes_the_same_tables():
    quick, usual = _made_both_ways([[app] for app in APPS])

    assert {"notices_notice", "accounts_folder"} <= {table for _, table, _, _ in quick}
    assert quick == usual


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_the_quick_way_makes_all_of_the_same_tables():
    quick, usual = _made_both_ways([[]])

    assert quick == usual
