"""Calls on rows: what is written down, what budgets stop, and that all processes agree."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.ai import lifecycle
from apps.ai.exceptions import ModelBusyError, ModelStoppedError
from apps.ai.lifecycle import Ending, Purpose, begin_call, end_call
from apps.ai.models import Budget, ModelCall, ModelEndpoint, UsageDay
from apps.events.models import Event
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from tests.factories_queues import ANNA

pytestmark = pytest.mark.django_db

USE = Purpose(use="prompt:invoice")
GOOD = Ending(outcome="answered", tokens_in=100, tokens_out=50, seconds=0.5)
BAD = Ending(outcome="failed", error="out of order", seconds=0.5)


def call(endpoint, ending=GOOD, purpose=USE):
    made = begin_call(endpoint, purpose, asked="What?", tokens_in=100)
    end_call(made, ending)
    made.refresh_from_db()
    return made


def test_a_call_is_there_before_it_ends_with_the_most_it_may_cost(endpoint):
    made = begin_call(endpoint, USE, asked="What?", tokens_in=100)

    assert made.outcome == "running"
    assert made.cost == Decimal("0.3")  # 100 in at 1, at most 100 out at 2 for 1 000

    end_call(made, GOOD)

    made.refresh_from_db()
    assert (made.outcome, made.cost) == ("answered", Decimal("0.2"))
    assert (made.model, made.model_version) == ("stub-1", "2026-03")


def test_a_call_ends_once(endpoint):
    made = call(endpoint)

    end_call(made, BAD)

    made.refresh_from_db()
    assert made.outcome == "answered"
    assert UsageDay.objects.get().n_calls == 1


def test_days_add_up(endpoint):
    call(endpoint)
    call(endpoint, BAD)
    call(endpoint, purpose=Purpose(use="try"))

    day = UsageDay.objects.get(use="prompt:invoice")
    assert (day.n_calls, day.n_errors, day.tokens_in, day.cost) == (2, 1, 100, Decimal("0.2"))


def test_errors_stop_the_model_and_tell_those_who_look_after_it(endpoint, budget, supervisor):
    call(endpoint)
    call(endpoint, BAD)

    with pytest.raises(ModelStoppedError, match="too many of its answers were errors"):
        begin_call(endpoint, USE, asked="", tokens_in=1)

    assert Event.objects.filter(kind="model_endpoint.stopped_by_budget").count() == 1
    notice = Notice.objects.get(user=supervisor)
    assert (notice.kind, notice.title) == ("model_stopped", "The model “Reader” is stopped")


def test_after_the_pause_one_trial_goes_out_and_a_good_one_closes_it(endpoint, budget):
    call(endpoint, BAD)
    call(endpoint, BAD)
    Budget.objects.update(retry_at=Now())

    trial = begin_call(endpoint, USE, asked="", tokens_in=1)
    with pytest.raises(ModelStoppedError, match="tries whether it works again"):
        begin_call(endpoint, USE, asked="", tokens_in=1)
    end_call(trial, GOOD)

    assert trial.is_probe
    call(endpoint)
    budget.refresh_from_db()
    assert budget.state == "closed"
    assert Event.objects.filter(kind="model_endpoint.back").exists()


def test_a_budget_of_one_use_leaves_the_others_alone(endpoint, budget):
    Budget.objects.update(use="prompt:invoice")
    call(endpoint, BAD)
    call(endpoint, BAD)

    assert call(endpoint, purpose=Purpose(use="prompt:claim")).outcome == "answered"
    with pytest.raises(ModelStoppedError):
        begin_call(endpoint, USE, asked="", tokens_in=1)


def test_no_budget_is_left_trying_when_another_one_refuses(endpoint, budget):
    ill = Budget.objects.create(endpoint=endpoint, use="prompt:invoice", cost_per_day=Decimal(0))
    Budget.objects.filter(pk=budget.pk).update(state="open", because="errors", retry_at=Now())

    with pytest.raises(ModelStoppedError, match="cost for today"):
        begin_call(endpoint, USE, asked="", tokens_in=1)

    budget.refresh_from_db()
    ill.refresh_from_db()
    assert (budget.state, ill.state) == ("open", "open")


def test_a_persons_stop_holds_until_a_person_resumes(endpoint):
    lifecycle.stop_endpoint(endpoint, reason="It makes things up.", by=ANNA)

    with pytest.raises(ModelStoppedError, match="Anna stopped the model “Reader”: It makes"):
        begin_call(endpoint, USE, asked="", tokens_in=1)
    with pytest.raises(ConflictError):
        lifecycle.stop_endpoint(endpoint, reason="", by=ANNA)

    lifecycle.resume_endpoint(endpoint, reason="", by=ANNA)
    assert call(endpoint).outcome == "answered"
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert kinds >= {"model_endpoint.stopped", "model_endpoint.resumed"}


def test_resuming_lets_as_much_be_spent_once_more(endpoint):
    budget = Budget.objects.create(endpoint=endpoint, cost_per_day=Decimal("0.35"))
    call(endpoint)
    with pytest.raises(ModelStoppedError, match=r"0\.35"):
        begin_call(endpoint, USE, asked="", tokens_in=100)

    lifecycle.resume_endpoint(endpoint, reason="month end", by=ANNA)

    call(endpoint)
    with pytest.raises(ModelStoppedError):
        begin_call(endpoint, USE, asked="", tokens_in=100)
    budget.refresh_from_db()
    assert budget.because == "cost_day"


def test_a_call_that_nobody_ends_is_lost_and_its_cost_spent(endpoint, budget):
    made = begin_call(endpoint, USE, asked="", tokens_in=100)
    ModelCall.objects.update(ends_by=Now() - timedelta(seconds=1))

    assert lifecycle.give_up_lost_calls() == 1
    assert lifecycle.give_up_lost_calls() == 0

    made.refresh_from_db()
    assert made.outcome == "lost"
    assert UsageDay.objects.get().cost == Decimal("0.3")


@pytest.mark.django_db(transaction=True)
def test_many_processes_together_do_not_overspend(endpoint):
    Budget.objects.create(endpoint=endpoint, cost_per_day=Decimal("1.00"))

    def ask(_number):
        try:
            made = begin_call(endpoint, USE, asked="", tokens_in=100)
        except (ModelBusyError, ModelStoppedError) as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return made.outcome

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))

    assert answers.count("running") == 3  # 0.30 each
    assert answers.count("ModelBusyError") == 13
    assert Budget.objects.get().state == "closed"


def test_the_key_is_sealed_and_in_no_row_event_or_repr(endpoint, designer_client):
    endpoint.refresh_from_db()

    assert endpoint.open_api_key() == "sk-very-secret"
    assert "sk-very" not in repr(vars(endpoint))
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ai_modelendpoint t where t::text like '%%sk-very%%'")
        assert cursor.fetchone()[0] == 0


def test_a_key_sealed_under_another_secret_key_says_what_to_do(endpoint, settings):
    settings.SECRET_KEY = "another one that is long enough, too"

    with pytest.raises(ConflictError, match="Enter the secret again"):
        endpoint.open_api_key()

    settings.SECRET_KEY_FALLBACKS = ["known to everybody, good for tests only, and long enough"]
    assert endpoint.open_api_key() == "sk-very-secret"


def test_a_new_address_does_not_get_the_old_key(endpoint):
    before = lifecycle.values_of(endpoint)
    endpoint.base_url = "https://somebody-else.example/v1"

    changes = lifecycle.save_endpoint(endpoint, api_key=None, by=ANNA, before=before)

    assert not ModelEndpoint.objects.get().has_api_key
    assert {each["label"] for each in changes} == {"base address", "API key"}
    assert "sk-very" not in str(Event.objects.get(kind="model_endpoint.changed").data)


@pytest.mark.parametrize("key", ["sk-abc\ndef", "sk-s\u00e9cret", "sk abc"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(endpoint, key):
    with pytest.raises(InvalidError) as refused:
        lifecycle.save_endpoint(
            endpoint, api_key=key, by=ANNA, before=lifecycle.values_of(endpoint)
        )

    assert key not in refused.value.message
    endpoint.refresh_from_db()
    assert endpoint.open_api_key() == "sk-very-secret"


def test_a_server_that_counts_tokens_as_it_likes_can_still_be_written_down(endpoint):
    ModelEndpoint.objects.update(price_out=Decimal(100_000))
    endpoint.refresh_from_db()
    call = begin_call(endpoint, Purpose(use="try"), asked="?", tokens_in=1)

    end_call(call, Ending(outcome="answered", tokens_out=2**31 - 1))

    call.refresh_from_db()
    assert (call.outcome, call.cost) == ("answered", 1_000_000)
