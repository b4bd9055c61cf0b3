"""What language models were asked about the items: calls, agents, and the instructions' versions.

Texts are dots where the item has personal data, as on the pages.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from apps.ai.models import AgentRun, AgentTurn, ModelCall, PromptVersion
from apps.lib.json import JsonObject

from .items import hidden_of_items
from .scope import Scope, named

MOST_CALLS: Final = 1_000
MOST_TURNS: Final = 2_000
OF_CALL = (
    *("id", "item_id", "run_id", "agent_run_id", "model", "model_version", "use", "prompt"),
    *("prompt_version", "is_repair", "outcome", "error", "tokens_in", "tokens_out", "seconds"),
    "at",
)
OF_AGENT = (
    *("id", "item_id", "run_id", "attempt", "frame", "status", "outcome", "n_steps", "tokens"),
    *("seconds", "started_at", "ended_at"),
)
OF_TURN = ("run_id", "number", "role", "tool", "is_error", "decision", "who", "at")
TEXTS_OF_TURN = ("content", "calls", "arguments", "result")


def calls(scope: Scope) -> Iterator[JsonObject]:
    hidden = hidden_of_items(scope)
    rows = _of_items(ModelCall.objects, scope).select_related("endpoint").order_by("pk")
    for each in scope.at_most(rows, MOST_CALLS, _("Calls of models")):
        yield {
            **named(each, OF_CALL),
            "endpoint": each.endpoint.key,
            "cost": str(each.cost),
            "currency": each.endpoint.currency,
            "asked": scope.text(each.asked, hidden[each.item_id]),
            "answered": scope.text(each.answered, hidden[each.item_id]),
        }


def agents(scope: Scope) -> Iterator[JsonObject]:
    hidden = hidden_of_items(scope)
    rows = _of_items(AgentRun.objects, scope).select_related("profile").order_by("pk")
    for each in scope.at_most(rows, MOST_CALLS, _("Runs of agents")):
        yield {
            **named(each, OF_AGENT),
            "profile": each.profile.key,
            "cost": str(each.cost),
            "output": scope.text(each.output, hidden[each.item_id]),
        }


def turns(scope: Scope) -> Iterator[JsonObject]:
    hidden = hidden_of_items(scope)
    runs = dict(_of_items(AgentRun.objects, scope).values_list("pk", "item_id")[:MOST_CALLS])
    rows = AgentTurn.objects.filter(run_id__in=list(runs)).order_by("run_id", "number")
    for each in scope.at_most(rows, MOST_TURNS, _("Turns of agents")):
        of_item = hidden[runs[each.run_id]]
        texts = {name: scope.text(getattr(each, name), of_item) for name in TEXTS_OF_TURN}
        yield {**named(each, OF_TURN), **texts}


def prompts(scope: Scope) -> Iterator[JsonObject]:
    """Return the instructions that the calls followed, in the versions that they had then."""
    used = set(_of_items(ModelCall.objects, scope).values_list("prompt", "prompt_version"))
    keys = {key for key, _version in used if key}
    rows = PromptVersion.objects.filter(prompt__folder=scope.folder, prompt__key__in=keys)
    for each in rows.select_related("prompt").order_by("pk").iterator(chunk_size=50):
        if (each.prompt.key, str(each.number)) in used:
            yield {
                "key": each.prompt.key,
                "version": each.number,
                "sha256": hashlib.sha256(each.text.encode()).hexdigest(),
                **named(each, ("text", "schema", "document_class", "note", "made_by", "made_at")),
            }


def _of_items(rows: Any, scope: Scope) -> Any:
    return rows.filter(folder_id=scope.folder.pk, item_id__in=list(scope.subjects.items))
