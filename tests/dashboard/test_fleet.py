"""The bots in three shapes: cards, squares, a table; the address says which, and keeps it."""

import pytest

from apps.bots.models import Bot
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories import make_folder
from tests.queues.pages import SCRIPT

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(folder):
    bots = [make_bot(folder, f"bot-{number}") for number in range(7)]
    make_run(make_automation(folder), bots[0])
    make_bot(make_folder(), "stranger")
    return bots


def test_a_square_a_bot_grouped_by_pool(supervisor_client, fleet):
    page = supervisor_client.get("/bots/?shape=squares").text

    assert page.count('class="square ') == len(fleet)
    assert f'id="pool-{fleet[0].pool_id}"' in page
    assert "is-busy" in page
    assert "stranger" not in page
    # never colour alone
    assert "Offline" in page or "Busy" in page


def test_the_table_says_what_each_does(supervisor_client, fleet):
    page = supervisor_client.get("/bots/?shape=table").text

    assert page.count("data-row") >= len(fleet)
    assert "Slots at work" in page
    assert 'aria-current="page">Table' in page


@pytest.mark.parametrize("shape", ["", "cards", "circles", "%00", "x" * 2_000])
def test_cards_are_what_everything_else_means(supervisor_client, fleet, shape):
    answer = supervisor_client.get(f"/bots/?shape={shape}")

    assert answer.status_code == 200
    assert 'class="machine ' in answer.text


def test_the_shape_survives_what_is_done(supervisor_client, fleet):
    answer = supervisor_client.post(
        f"/bots/{fleet[0].pk}/standing/", {"standing": "draining", "from": "list", "shape": "table"}
    )

    assert answer["Location"] == "/bots/?shape=table"
    assert Bot.objects.get(pk=fleet[0].pk).standing == "draining"


def test_names_stay_text_in_every_shape(supervisor_client, folder):
    make_bot(folder, SCRIPT)

    for shape in ("cards", "squares", "table"):
        assert SCRIPT not in supervisor_client.get(f"/bots/?shape={shape}").text


def test_many_bots_are_squares_on_the_overview(supervisor_client, fleet):
    assert supervisor_client.get("/").text.count('class="square ') == len(fleet)


def test_no_shape_costs_more_for_more_bots(supervisor_client, fleet, django_assert_max_num_queries):
    for shape in ("squares", "table"):
        with django_assert_max_num_queries(40):
            supervisor_client.get(f"/bots/?shape={shape}")
