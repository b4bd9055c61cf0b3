"""Automations ask for what is kept: values, secrets and logins, each use of a secret recorded."""

import pytest

from apps.assets.handing_out import read_for_run
from apps.assets.models import AssetUse
from apps.bots.contexts import RunContext
from apps.bots.exceptions import ApplicationException
from apps.bots.execution import execute_run_automation
from apps.bots.models import Run
from apps.lib.secrecy import MASK, Secret
from tests.assets import automations  # noqa: F401 - registers them
from tests.assets.rows import login, make_asset, override
from tests.bots.rows import make_bot, make_run
from tests.bots.workers import sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


class QuietBeat:
    def __init__(self, run: Run) -> None:
        self.run_id, self.said = run.pk, []

    def should_stop(self):
        return False

    def log(self, message, level="info", **more):
        self.said.append(message)


@pytest.fixture
def bot(folder):
    return make_bot(folder)


@pytest.fixture
def run(folder, bot):
    return make_run(sample(folder, "test.asks"), bot)


def test_an_automation_is_given_what_it_asks_for(folder, run):
    make_asset(folder, "url", "https://erp")
    make_asset(folder, "login", login())
    make_asset(folder, "token", Secret("xyz-token"))

    report = execute_run_automation(run, QuietBeat(run))

    assert report.output == {
        "url": "https://erp",
        "username": "svc",
        "password_length": 7,
        "seen": f"{MASK} {MASK}",
    }
    uses = AssetUse.objects.order_by("id")
    assert [(use.asset_key, use.run_id, use.bot_name, use.purpose) for use in uses] == [
        (key, run.pk, "robbie", "Asks for assets") for key in ("login", "token")
    ]


def test_a_bot_of_its_own_login_is_given_that(folder, run, bot):
    asset = make_asset(folder, "login", login())
    override(asset, bot, login("own"))

    assert read_for_run("login", run_id=run.pk).password.reveal() == "own"
    assert AssetUse.objects.get().was_override


def test_reads_cost_few_statements_and_find_what_changed(
    folder, run, django_assert_max_num_queries
):
    asset = make_asset(folder, "login", login())
    with django_assert_max_num_queries(4):
        read_for_run("login", run_id=run.pk)

    override(asset, run.bot, login("changed"))

    assert read_for_run("login", run_id=run.pk).password.reveal() == "changed"


@pytest.mark.parametrize(
    ("ask", "key", "said"),
    [
        ("asset", "login", r"credential\(…\)"),
        ("secret", "login", r"credential\(…\)"),
        ("credential", "url", r"asset\(…\)"),
        ("asset", "token", r"secret\(…\)"),
        ("asset", "none", "no asset “none”"),
    ],
)
def test_asking_wrongly_says_how_to_ask(folder, run, ask, key, said):
    make_asset(folder, "url", "https://erp")
    make_asset(folder, "login", login())
    make_asset(folder, "token", Secret("xyz-token"))
    context = RunContext(QuietBeat(run), run.pk, {})

    with pytest.raises(ApplicationException, match=said):
        getattr(context, ask)(key)


def test_what_cannot_be_opened_is_a_system_problem(folder, run, settings):
    make_asset(folder, "login", login())
    settings.VAULT_KEYS = ""

    with pytest.raises(ApplicationException, match="not known here") as fault:
        RunContext(QuietBeat(run), run.pk, {}).credential("login")

    assert fault.value.code == "vault_closed"
    assert not AssetUse.objects.exists()
