"""A model with a budget, its calls, a prompt, and an agent that asked a person."""

from decimal import Decimal

from apps.accounts.models import Folder
from apps.ai.lifecycle import Ending, Purpose, begin_call, end_call, save_prompt
from apps.ai.lifecycle.agents import NewTurn, add_turn, end_run, open_run
from apps.ai.models import AgentProfile, Budget, ModelEndpoint
from apps.lib.actors import SYSTEM
from apps.queues.models import WorkItem

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}


def make_ai_to_see(folder: Folder) -> None:
    """Make something for each page of AI; the second time nothing."""
    if ModelEndpoint.objects.filter(folder=folder, key="seen").exists():
        return
    endpoint = ModelEndpoint.objects.create(
        folder=folder, key="seen", title="Seen", base_url="http://127.0.0.1:9/v1", model="none"
    )
    said = {"text": "Read the {{kind}}.", "schema": SCHEMA}
    save_prompt(folder, key="seen", title="Seen", version=said, by=SYSTEM)
    # none that two calls could stop: people would be told, in the room of other tests, too
    Budget.objects.create(endpoint=endpoint, cost_per_day=5, error_share=0.5, min_calls=50)
    _ask(endpoint, "answered")
    _ask(endpoint, "failed")
    _agent(folder, endpoint)


def _ask(endpoint: ModelEndpoint, outcome: str) -> None:
    purpose = Purpose(use="prompt:seen", prompt="seen", prompt_version="1")
    asked = '[{"role": "system", "content": "Read."}, {"role": "user", "content": "12"}]'
    call = begin_call(endpoint, purpose, asked=asked, tokens_in=9)
    end_call(call, Ending(outcome=outcome, seconds=1.5, tokens_in=9, answered='{"total": 12}'))


def _agent(folder: Folder, endpoint: ModelEndpoint) -> None:
    profile = AgentProfile.objects.create(
        folder=folder, key="seen", title="Seen", goal="Add up.", endpoint=endpoint
    )
    item = WorkItem.objects.filter(queue__folder=folder).latest("pk")
    run = open_run(profile, item.pk, None)
    call = {"name": "calculate", "arguments": '{"expression": "1 + 2"}'}
    add_turn(run, NewTurn(role="model", content="Let me see.", calls=[call], cost=Decimal("0.1")))
    add_turn(
        run,
        NewTurn(role="person", call_id="1-1", tool="calculate", decision="approve", who="Sam"),
    )
    result = {"value": 3, "warnings": []}
    add_turn(run, NewTurn(role="tool", call_id="1-1", tool="calculate", result=result))
    end_run(run, "over_limit", attempt=1, outcome="The agent is over its limit of 1 steps.")
