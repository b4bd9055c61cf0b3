"""The pages of reports, their files and what programs get."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.roles import GRANTS, Action, Role
from apps.events.models import Event
from apps.reports.models import FigureMark, Worth
from apps.reports.questions import QUESTIONS
from controlroom.api import api as ninja_api
from tests.api.conftest import program_of, program_with
from tests.factories import make_folder
from tests.factories_queues import make_items
from tests.failures.failing import WELL, end
from tests.inbox.rows import make_queue
from tests.reports.days import at, record

__all__ = ["program_with"]
pytestmark = pytest.mark.django_db

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)
DAY = date(2026, 10, 14)
OF_DAY = f"?from={DAY}&until={DAY}"
EVIL = '=HYPERLINK("http://evil.example","Open")'


@pytest.fixture
def queue(folder):
    return make_queue(folder, title=EVIL)


@pytest.fixture
def worked(queue):
    with at(NOON):
        make_items(queue, 3, payload={"number": "1", "total": "1.00"})
        end(queue, [WELL] * 3)
    record(DAY)
    FigureMark.objects.update(since=DAY - timedelta(days=400))
    return queue


def page(client, key="straight-through", query=""):
    return client.get(reverse("reports:report", args=[key]) + query)


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize("query", ["", "?period=today&compare=year", OF_DAY])
def test_every_report_answers_with_figures_and_without(worked, supervisor_client, key, query):
    found = page(supervisor_client, key, query)
    assert found.status_code == 200
    assert 'class="report-definition">= ' in found.content.decode()


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_report_answers_before_anything_is_recorded(queue, supervisor_client, key):
    found = page(supervisor_client, key)
    assert "Nothing is recorded yet" in found.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?period=fortnight",
        "?period=month&month=2026-99",
        "?from=yesterday&until=%00",
        "?from=9999-12-31&until=0001-01-01",
        "?from=2000-01-01&until=2199-12-31",
        "?compare=%F0%9F%92%A9&queue=-1",
        "?folder=99999999999999999999999&automation=1;drop",
        "?queue=" + "9" * 900,
        "?period=" + "x" * 10_000,
    ],
)
def test_nonsense_in_the_address_is_told_and_left_out(worked, supervisor_client, query):
    found = page(supervisor_client, query=query)
    assert found.status_code == 200
    assert "makes no sense" in found.content.decode() or len(query) > 1_000
    for file in ("csv", "xlsx"):
        address = reverse(f"reports:{file}", args=["causes"]) + query
        assert supervisor_client.get(address).status_code == 200


def test_there_is_no_report_of_another_name(supervisor_client):
    assert page(supervisor_client, "weather").status_code == 404
    assert supervisor_client.get(reverse("reports:csv", args=["weather"])).status_code == 404


def test_filters_stay_when_one_goes_to_another_report(worked, supervisor_client):
    query = f"?from={DAY}&until={DAY}&compare=year&queue={worked.pk}"
    found = page(supervisor_client, query=query).content.decode()
    wanted = (
        f"/reports/people/?period=custom&amp;from={DAY}&amp;until={DAY}"
        f"&amp;compare=year&amp;queue={worked.pk}"
    )
    assert wanted in found


def test_a_chart_has_the_same_as_a_table(worked, supervisor_client):
    query = f"?from={DAY - timedelta(days=1)}&until={DAY}"
    found = page(supervisor_client, query=query).content.decode()
    assert "<svg viewBox" in found
    assert '<th scope="row">2026-10-14</th><td class="num">3</td><td class="num">0</td>' in found


def test_a_csv_runs_no_formula_and_has_plain_numbers(worked, supervisor_client):
    address = reverse("reports:csv", args=["straight-through"])
    answer = supervisor_client.get(f"{address}{OF_DAY}&table=queues")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == "Queue"
    assert rows[1] == ["'" + EVIL, "3", "3", "0", "100.0", "0", "0"]
    assert rows[2][0] == "All"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="straight-through-{DAY}-{DAY}.csv"'
    )


def test_a_workbook_has_figures_tables_and_days_and_runs_no_formula(worked, supervisor_client):
    address = reverse("reports:xlsx", args=["straight-through"])
    book = load_workbook(BytesIO(supervisor_client.get(f"{address}{OF_DAY}").content))
    assert book.sheetnames == ["Figures", "By queue", "Days"]
    figures = {row[0].value: row[1].value for row in book["Figures"].iter_rows(max_row=7)}
    assert (figures["Done"], figures["Straight-through"]) == (3, 100)
    name = book["By queue"]["A2"]
    assert (name.data_type, name.value, name.quotePrefix) == ("s", EVIL, True)
    assert (book["Days"]["B2"].value, book["Days"]["B2"].number_format) == (3, "#,##0")
    assert book["By queue"]["E2"].number_format == "#,##0.0"


def test_who_designs_sets_what_an_item_is_worth_and_versions_stay(worked, designer_client):
    address = reverse("reports:worth", args=[worked.pk])
    said = {
        "since": "2026-10-01", "minutes_by_hand": "6", "rate_per_hour": "40",
        "bot_cost_per_hour": "2.50",
    }  # fmt: skip
    assert designer_client.post(address, said).status_code == 302
    assert designer_client.post(address, {**said, "since": "2026-11-01"}).status_code == 302
    assert Worth.objects.count() == 2
    assert Event.objects.filter(kind="work_queue.worth_set").count() == 2
    found = page(designer_client, "savings", OF_DAY).content.decode()
    assert "3 items × 6.00 min ÷ 60 × 40.00 EUR" in found
    assert designer_client.get(reverse("reports:worths")).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "0001-01-01"), ("since", "tomorrow"), ("minutes_by_hand", "-1"),
        ("minutes_by_hand", "NaN"), ("rate_per_hour", "1e99"), ("bot_cost_per_hour", "1.234"),
        ("rate_per_hour", ""),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused_by_their_field(worked, designer_client, name, value):
    said = {
        "since": "2026-10-01", "minutes_by_hand": "6", "rate_per_hour": "40",
        "bot_cost_per_hour": "0",
    }  # fmt: skip
    answer = designer_client.post(reverse("reports:worth", args=[worked.pk]), {**said, name: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
    assert not Worth.objects.exists()


def test_others_may_look_at_values_and_not_set_them(worked, business_client):
    address = reverse("reports:worth", args=[worked.pk])
    assert business_client.get(address).status_code == 200
    assert business_client.post(address, {}).status_code == 403


def test_a_queue_of_another_folder_is_not_there(designer_client):
    theirs = make_queue(make_folder("theirs"), "theirs")
    assert designer_client.get(reverse("reports:worth", args=[theirs.pk])).status_code == 404


def test_programs_get_the_same_figures(worked, folder, supervisor):
    program = program_of(supervisor, folder)
    names = [each["key"] for each in program.get("/reports").json()["items"]]
    assert names == list(QUESTIONS)
    found = program.get(f"/reports/straight-through{OF_DAY}").json()
    figures = {each["key"]: each for each in found["figures"]}
    assert figures["done"]["value"] == 3
    assert figures["done"]["before"] == 0
    assert found["days"] == {"first": str(DAY), "last": str(DAY)}
    assert found["by_day"] == [{"day": str(DAY), "values": [3, 0]}]
    assert found["tables"][0]["rows"] == [[EVIL, 3, 3, 0, 100, 0, 0]]
    for key in QUESTIONS:
        assert program.get(f"/reports/{key}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?period=x", "period"), ("?from=2026-10-14", "until"), ("?compare=x", "compare"),
        ("?queue=-1", "queue"), ("?period=month&month=10", "month"),
    ],
)  # fmt: skip
def test_programs_are_told_which_field_makes_no_sense(worked, folder, supervisor, query, field):
    answer = program_of(supervisor, folder).get(f"/reports/people{query}")
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == [field]


def test_programs_are_told_that_there_is_no_such_report(folder, supervisor):
    assert program_of(supervisor, folder).get("/reports/weather").status_code == 404


def test_every_call_is_tried_here():
    paths = [path.removeprefix("/api/v1") for path in ninja_api.get_openapi_schema()["paths"]]
    ours = [path for path in paths if path.startswith("/reports")]
    assert ours == ["/reports", "/reports/{key}"]


@pytest.mark.parametrize("role", Role.values)
def test_who_may_look_may_read_reports(folder, program_with, role):
    program, wanted = program_with(role), 200 if Action.VIEW in GRANTS[role] else 403
    assert program.get("/reports").status_code == wanted
    assert program.get("/reports/people").status_code == wanted


def test_a_report_of_another_folder_has_nothing_of_this_one(worked, program_with):
    stranger = program_with(Role.ADMIN, make_folder("elsewhere"))
    found = stranger.get(f"/reports/straight-through{OF_DAY}").json()
    assert all(not each["value"] for each in found["figures"])
    assert found["tables"][0]["rows"] == []


def test_with_a_time_of_which_nothing_is_known_nothing_is_compared(
    worked, folder, supervisor_client, supervisor
):
    FigureMark.objects.update(since=DAY)
    found = page(supervisor_client, query=OF_DAY).content.decode()
    assert "There are figures from 14 Oct 2026 on" in found
    assert "report-change" not in found
    assert program_of(supervisor, folder).get(f"/reports/people{OF_DAY}").json()["before"] is None
