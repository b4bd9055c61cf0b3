"""Agents: their profiles, and runs whose every turn is a row as soon as it happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.ai.models import AgentProfile, AgentRun, AgentTurn
from apps.events.bus import publish
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.json import Json, JsonObject
from apps.queues.models import Attempt

Status = AgentRun.Status
OPEN = (Status.RUNNING, Status.WAITING)
MAX_CONTENT = 100_000
MAX_OUTCOME = 500


class SomebodyElseWorksError(ConflictError):
    """Another bot has gone on with this agent: the item is no longer ours."""


@dataclass(frozen=True, kw_only=True)
class NewTurn:
    """What happened, to be stored."""

    role: str
    content: str = ""
    calls: list[JsonObject] = field(default_factory=list)
    call_id: str = ""
    tool: str = ""
    arguments: Json = None
    result: Json = None
    is_error: bool = False
    decision: str = ""
    who: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)
    seconds: float = 0.0


def save_profile(profile: AgentProfile, *, changes: list[Json], by: Actor) -> None:
    """Store a profile that was filled in and checked; a change counts its version up."""
    is_new = profile.pk is None
    if is_new or changes:
        with transaction.atomic():
            if not is_new:
                profile.version += 1
            profile.save()
            publish(
                "agent_profile.created" if is_new else "agent_profile.changed",
                subject=("agent_profile", profile.pk),
                folder_id=profile.folder_id,
                by=by,
                data={"changes": changes, "version": profile.version},
                topics=["ai"],
            )


def open_run(profile: AgentProfile, item_id: int, run_id: int | None) -> AgentRun:
    """Return the agent's run on the item that is not over; a new one when there is none.

    A run that has ended, but whose end was never handed in since its bot died at that moment, is
    returned, too: its transcript says how it ended. What the profile says is copied into a new
    run: a change of the profile is for later runs.
    """
    with transaction.atomic():
        found: AgentRun | None = (
            AgentRun.objects.select_for_update()
            .filter(item_id=item_id, profile=profile)
            .order_by("-pk")
            .first()
        )
        if found is None or _is_told(found):
            found = AgentRun.objects.create(
                folder_id=profile.folder_id,
                profile=profile,
                item_id=item_id,
                run_id=run_id,
                frame=frame_of(profile),
            )
        else:
            AgentRun.objects.filter(pk=found.pk).update(run_id=run_id)
    _nudge(found)
    return found


def _is_told(run: AgentRun) -> bool:
    """Whether the try that ended the run has handed in what came of it."""
    if run.status in OPEN:
        return False
    tries = Attempt.objects.filter(item_id=run.item_id, number=run.attempt or 0)
    return tries.exclude(outcome__in=(Attempt.Outcome.LOST, Attempt.Outcome.RELEASED)).exists()


def frame_of(profile: AgentProfile) -> JsonObject:
    endpoint = profile.endpoint
    return {
        "version": profile.version,
        "goal": profile.goal,
        "tools": list(profile.tools),
        "tables": profile.tables,
        "result_schema": profile.result_schema,
        "endpoint": endpoint.key,
        "model": endpoint.model,
        "model_version": endpoint.version,
        "max_steps": profile.max_steps,
        "max_seconds": profile.max_seconds,
        "max_cost": str(profile.max_cost),
        "max_tokens": profile.max_tokens,
    }


def add_turn(run: AgentRun, turn: NewTurn, *, after: int | None = None) -> AgentTurn:
    """Store what happened as the next turn; as that after turn number `after`, if it is given.

    Raises SomebodyElseWorksError when one is there.
    """
    if after is None:
        after = run.turns.aggregate(last=Max("number"))["last"] or 0
    number = after + 1
    try:
        with transaction.atomic():
            stored: AgentTurn = AgentTurn.objects.create(
                run=run, number=number, **_columns(turn, number)
            )
            _add_up(run, turn)
    except IntegrityError:
        raise SomebodyElseWorksError from None
    _nudge(run)
    return stored


def set_waiting(run: AgentRun, *, waits: bool) -> None:
    """Show whether the agent waits for a person."""
    before, after = (Status.RUNNING, Status.WAITING) if waits else (Status.WAITING, Status.RUNNING)
    if AgentRun.objects.filter(pk=run.pk, status=before).update(status=after):
        _nudge(run)


def end_run(
    run: AgentRun, status: str, *, attempt: int, outcome: str = "", output: Json = None
) -> None:
    """End the run, once. Raises SomebodyElseWorksError when it has ended already."""
    changed = AgentRun.objects.filter(pk=run.pk, status__in=OPEN).update(
        status=status,
        attempt=attempt,
        outcome=outcome[:MAX_OUTCOME],
        output=output,
        ended_at=Now(),
    )
    if not changed:
        raise SomebodyElseWorksError(_("This agent has ended already."))
    run.refresh_from_db()
    _nudge(run)


def _add_up(run: AgentRun, turn: NewTurn) -> None:
    AgentRun.objects.filter(pk=run.pk).update(
        n_steps=F("n_steps") + int(turn.role == AgentTurn.Role.MODEL),
        tokens=F("tokens") + turn.tokens_in + turn.tokens_out,
        cost=F("cost") + turn.cost,
        seconds=F("seconds") + turn.seconds,
    )


def _columns(turn: NewTurn, number: int) -> Mapping[str, Any]:
    columns = {name: getattr(turn, name) for name in NewTurn.__dataclass_fields__}
    columns["content"] = turn.content.replace("\x00", "\ufffd")[:MAX_CONTENT]
    # the model's own ids may be empty or come twice
    columns["calls"] = [
        {**call, "id": f"{number}-{index}"} for index, call in enumerate(turn.calls, start=1)
    ]
    return columns


def _nudge(run: AgentRun) -> None:
    nudge(f"agent_run:{run.pk}", "ai")
