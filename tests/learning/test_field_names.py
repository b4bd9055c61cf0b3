"""Fields on the pages of a gate are called what its form or its queues call them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.learning.lifecycle import bring_verdicts_in_line
from tests.inbox.rows import make_queue
from tests.learning.rows import FORM, make_decided, make_gate, make_verdicts

pytestmark = pytest.mark.django_db
LOOKS = [(k / 100, k % 4 > 0) for k in range(50, 100)]
NAMED = {
    "properties": {
        **FORM["properties"],
        "amount": {"title": "Total"},
        "lines": {**FORM["properties"]["lines"], "title": "Lines"},
    }
}


def page_of(client, gate):
    return client.get(f"/learning/gates/{gate.pk}/?wanted=5").content.decode()


def test_a_field_has_the_title_of_the_gate_s_form_and_its_path_as_a_tip(supervisor_client, folder):
    gate = make_gate(folder, form=FORM)
    make_verdicts(gate, LOOKS, field="lines.*.centre")

    page = page_of(supervisor_client, gate)

    assert page.count('<span title="lines.*.centre">Cost centre</span>') == 2
    assert "Calibration of Cost centre" in page
    assert ">lines.*.centre<" not in page


def test_without_a_form_the_queues_of_the_gate_name_its_fields(supervisor_client, folder):
    gate = make_gate(folder)
    make_queue(folder, gate=gate, payload_schema=FORM)
    make_verdicts(gate, LOOKS, field="lines.*.centre")

    assert '<span title="lines.*.centre">Cost centre</span>' in page_of(supervisor_client, gate)


def test_fields_of_the_same_title_are_told_apart_by_their_paths(supervisor_client, folder):
    gate = make_gate(folder, form=NAMED)
    for field in ("total", "amount"):
        make_verdicts(gate, LOOKS, field=field)

    page = page_of(supervisor_client, gate)

    for field in ("total", "amount"):
        assert f"Total</span> <code>{field}</code>" in page
        assert f"Calibration of Total ({field})" in page


def test_what_nothing_names_is_called_by_its_path(supervisor_client, folder):
    gate = make_gate(folder)
    make_verdicts(gate, LOOKS, field="<b>.sum")

    page = page_of(supervisor_client, gate)

    assert "<span>&lt;b&gt;.sum</span>" in page
    assert "<b>" not in page


def test_a_corrected_value_of_a_list_says_in_which_row_it_stands(
    supervisor_client, supervisor, folder
):
    gate = make_gate(folder, form=NAMED)
    task = make_decided(
        gate,
        supervisor,
        {"lines.0.centre": ("K2", 0.5)},
        {"lines": [{"centre": "K1"}]},
        form=NAMED,
    )
    bring_verdicts_in_line([task.pk])

    assert '<span title="lines.0.centre">Lines 1 · Cost centre</span>' in page_of(
        supervisor_client, gate
    )


def test_names_cost_one_statement_however_many_fields_there_are(
    supervisor_client, folder, django_assert_max_num_queries
):
    gate = make_gate(folder)
    make_verdicts(gate, LOOKS, field="f0")
    page_of(supervisor_client, gate)
    with CaptureQueriesContext(connection) as few:
        page_of(supervisor_client, gate)
    for number in range(1, 6):
        make_verdicts(gate, LOOKS, field=f"f{number}")

    with django_assert_max_num_queries(len(few)):
        page_of(supervisor_client, gate)

    assert sum("payload_schema" in each["sql"] for each in few.captured_queries) == 1
