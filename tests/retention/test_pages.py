"""Settings of retention: who may see and change them, what is refused, the download."""

import pytest
from django.db import connection

from apps.accounts.roles import Role
from apps.retention.kept import all_kept
from apps.retention.models import Archive, Policy
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db
PAGE = "/settings/retention/"
TRIES = f"{PAGE}queues_attempt/"


@pytest.fixture
def as_admin(client, db):
    admin = make_person(role=Role.ADMIN)
    client.force_login(admin)
    return client


def test_every_table_that_is_made_by_the_month_is_looked_after():
    with connection.cursor() as cursor:
        cursor.execute("select partrelid::regclass::text from pg_partitioned_table")
        made = {name for (name,) in cursor.fetchall()}

    assert {each.table for each in all_kept()} == made


def test_an_admin_says_how_long_and_it_is_shown(as_admin):
    answer = as_admin.post(TRIES, {"months": "24", "archives": "on", "version": "0"})

    assert answer.status_code == 302
    policy = Policy.objects.get()
    assert (policy.table, policy.months, policy.archives) == ("queues_attempt", 24, True)
    assert "24 months" in as_admin.get(PAGE).content.decode()
    assert "changed how long" in as_admin.get(TRIES).content.decode()


@pytest.mark.parametrize("months", ["0", "-1", "1201", "two", "1.5", "9" * 300])
def test_nonsense_is_refused_naming_the_field(as_admin, months):
    answer = as_admin.post(TRIES, {"months": months, "version": "0"})

    assert answer.status_code == 422
    assert not Policy.objects.exists()
    assert "id_months" in answer.content.decode()


def test_whoever_saves_second_is_told(as_admin):
    as_admin.post(TRIES, {"months": "24", "version": "0"})

    answer = as_admin.post(TRIES, {"months": "2", "version": "0"})

    assert answer.status_code == 409
    assert Policy.objects.get().months == 24


@pytest.mark.parametrize("table", ["accounts_user", "nothing", "queues_attempt_rest"])
def test_other_tables_are_not_there(as_admin, table):
    assert as_admin.get(f"{PAGE}{table}/").status_code == 404


def test_an_admin_of_one_folder_of_two_is_kept_out(client):
    client.force_login(make_person(role=Role.ADMIN))
    make_folder("theirs")

    assert [client.get(each).status_code for each in (PAGE, TRIES)] == [403, 403]


def test_an_archive_is_downloaded_and_noted(as_admin, settings, tmp_path):
    settings.ARCHIVE_DIR = tmp_path
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    archive = Archive.objects.create(
        table="queues_attempt", month="2020-01-01", path="a.parquet", rows=1, size=4, sha256="0"
    )

    answer = as_admin.get(f"{PAGE}archives/{archive.pk}/")

    assert b"".join(answer.streaming_content) == b"PAR1"
    assert "queues_attempt-2020-01.parquet" in answer["Content-Disposition"]
    (tmp_path / "a.parquet").unlink()
    assert as_admin.get(f"{PAGE}archives/{archive.pk}/").status_code == 404
