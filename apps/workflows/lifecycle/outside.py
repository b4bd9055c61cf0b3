"""What a step asks of others: work for bots and people, messages, called instances."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.lib.actors import Actor
from apps.workflows.engine.changes import (
    AddItem,
    AddItems,
    CancelScope,
    Command,
    Escalate,
    OpenIncident,
    OpenTask,
    RecordDecision,
    ReleaseToken,
    ReopenItem,
    SendMessage,
    SendSignal,
    StartChild,
)
from apps.workflows.engine.events import ChildEscalated
from apps.workflows.models import DecisionEvaluation
from apps.workflows.statements import BELOW, FORGET_FAN_OUTS, FORGET_PASSES

from . import bot_work, incidents, messages, person_work, signals
from .calling import end_called
from .happenings import Happening, tell_later
from .running import run
from .walks import Walk

# What a token waits for once this was asked for it; it may be withdrawn in the very same step
MAKES: dict[type[Any], str] = {
    AddItem: "item",
    AddItems: "items",
    OpenTask: "task",
    StartChild: "child",
    OpenIncident: "incident",
}
TABLE_OF = {
    "scope": "scopes",
    "token": "tokens",
    "subscription": "subscriptions",
    "undoable": "undoables",
}


class Outside:
    """Gathers commands of one step, and carries them out together once its rows are written."""

    def __init__(self, now: datetime, by: Actor) -> None:
        self.now = now
        self.by = by
        self.fan_outs: list[dict[str, Any]] = []
        self._commands: dict[type[Any], list[tuple[Walk, Any]]] = defaultdict(list)
        # {instance: {token: what it waited for}}
        self._released: dict[int, dict[int, str]] = defaultdict(dict)

    def note(self, walk: Walk, command: Command) -> None:
        self._commands[type(command)].append((walk, command))
        made = MAKES.get(type(command))
        if made is not None:
            walk.waiting[command.token] = made  # type: ignore[union-attr]
        if isinstance(command, AddItems):
            self.fan_outs.append(
                {
                    "instance_id": walk.id,
                    "token": command.token,
                    "total": len(command.payloads),
                }
            )
        elif isinstance(command, ReleaseToken):
            self._released[walk.id][command.token] = walk.waiting.get(command.token, "")

    def find_what_is_below(self, walks: Mapping[int, Walk]) -> None:
        """Find what the states did not hold: below cancelled scopes, or left by who has ended."""
        places = [(walk.id, command.scope) for walk, command in self._commands[CancelScope]]
        places += [
            (walk.id, number)
            for walk in walks.values()
            if walk.is_over and not walk.is_new and walk.facts.status != "completed"
            for number in walk.roots
        ]
        if not places:
            return
        ids, scopes = zip(*places, strict=True)
        for what, instance_id, number, waits_for, variables in run(
            BELOW, {"ids": list(ids), "scopes": list(scopes)}
        ):
            walks[instance_id].forget(TABLE_OF[what], number, variables)
            if what == "token":
                self._released[instance_id][number] = waits_for

    def carry_out(self, walks: Iterable[Walk]) -> None:
        """Do it all. What is made comes before what is withdrawn: that may be the same thing."""
        refused = bot_work.add(self._of(AddItem), self._of(AddItems), self.now)
        bot_work.reopen(self._of(ReopenItem), self.by)
        person_work.open_tasks(self._of(OpenTask))
        incidents.open_incidents([*self._of(OpenIncident), *refused])
        self._record_decisions()
        self._release()
        self._forget_passes(walks)
        incidents.close_what_is_over([walk.id for walk in walks if walk.is_over], self.by)
        self._escalate()
        messages.send_and_receive(self._of(SendMessage), walks, self.now)
        signals.send(self._of(SendSignal), self.now)

    def _of(self, kind: type[Any]) -> list[tuple[Walk, Any]]:
        return self._commands.get(kind, [])

    def _release(self) -> None:
        if not self._released:
            return
        waiting = _by_what(self._released)
        incidents.close_incidents(waiting["incident"], self.by)
        bot_work.withdraw(waiting["item"] + waiting["items"] + waiting["incident"], self.by)
        person_work.close_tasks(waiting["task"] + waiting["incident"])
        end_called(waiting["child"], self.now, by=self.by.name)

    def _forget_passes(self, walks: Iterable[Walk]) -> None:
        """Results are kept for as long as their token is there, to be repaired if it must be."""
        gone = {
            (walk.id, number)
            for walk in walks
            for number in {*walk.gone.get("tokens", ()), *self._released.get(walk.id, ())}
            if walk.waiting.get(number) in ("items", "incident")
        }
        if gone:
            ids, tokens = zip(*sorted(gone), strict=True)
            values = {"ids": list(ids), "tokens": list(tokens)}
            run(FORGET_FAN_OUTS, values)
            run(FORGET_PASSES, values)

    def _escalate(self) -> None:
        """Tell callers of what went beyond this instance."""
        told = []
        for walk, command in self._of(Escalate):
            facts = walk.facts
            if facts.parent_id is not None and facts.parent_token is not None:
                event = ChildEscalated(at=self.now, token=facts.parent_token, code=command.code)
                told.append(Happening(facts.parent_id, event))
        tell_later(told)

    def _record_decisions(self) -> None:
        rows = []
        for walk, command in self._of(RecordDecision):
            told = dict(command.evaluation)
            rows.append(
                DecisionEvaluation(
                    folder_id=walk.facts.folder_id,
                    decision_id=told.pop("decision_id"),
                    version_id=told.pop("version_id"),
                    instance_id=walk.id,
                    token=command.token,
                    node=command.node,
                    evaluation=told,
                    by=self.by.name[:150],
                )
            )
        if rows:
            DecisionEvaluation.objects.bulk_create(rows)


def _by_what(released: Mapping[int, Mapping[int, str]]) -> dict[str, list[tuple[int, int]]]:
    """Return the (instance, number) of tokens by what they waited for."""
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for instance_id, tokens in released.items():
        for number, waits_for in tokens.items():
            groups[waits_for].append((instance_id, number))
    return groups
