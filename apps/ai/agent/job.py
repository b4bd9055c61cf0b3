"""All that an agent's loop needs: the item, the stored run, and the frame that it must keep to."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.ai.answers import schema_of_answer
from apps.ai.exceptions import UnknownToolError
from apps.ai.extracting import context_of, wanted_endpoint
from apps.ai.headers import Settings, settings_of
from apps.ai.lifecycle.agents import open_run
from apps.ai.models import AgentProfile, AgentRun, ModelEndpoint
from apps.bots.exceptions import BusinessException
from apps.bots.registry import ItemContext
from apps.lib.json import JsonObject

from . import engine
from .engine import Frame, Limits
from .tools import ToolUse, find_tool

TEXT_RESULT: JsonObject = {
    "type": "object",
    "required": ["answer"],
    "properties": {"answer": {"type": "string"}},
    "additionalProperties": False,
}
MAX_DATA_CHARACTERS = 50_000


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that the loop needs."""

    item: ItemContext
    run: AgentRun
    endpoint: ModelEndpoint
    frame: Frame
    use: ToolUse
    n_turns: int = 0  # of the transcript, as it was read last

    @property
    def prompt(self) -> str:
        return str(self.run.profile.key)

    @property
    def result_schema(self) -> JsonObject:
        found: JsonObject = self.run.frame["result_schema"] or TEXT_RESULT
        return found


def job_of(item: ItemContext) -> Job:
    settings = settings_of(item.payload)
    folder_id, run_id = context_of(item.id)
    key = settings.text("agent")
    profile = AgentProfile.objects.filter(folder_id=folder_id, key=key).first() if key else None
    if profile is None:
        text = _("There is no agent “%s” in this folder; the setting “agent” must name one.")
        raise BusinessException(text % key, code="wrong_setting", field="agent")
    run = open_run(profile, item.id, run_id)
    use = ToolUse(item=item, folder_id=folder_id, data=settings.data, tables=run.frame["tables"])
    return Job(
        item=item,
        run=run,
        endpoint=wanted_endpoint(folder_id, run.frame["endpoint"]),
        frame=frame_for(run, _shown(item, settings)),
        use=use,
    )


def frame_for(run: AgentRun, data: str) -> Frame:
    """Return the frame of a run. A tool that is no longer installed is left out."""
    stored: dict[str, Any] = run.frame
    specs = []
    for name in stored["tools"]:
        try:
            tool = find_tool(name)
        except UnknownToolError:
            continue
        specs.append(
            engine.ToolSpec(
                name=name,
                description=tool.description,
                schema=tool.schema,
                is_irreversible=tool.irreversible,
            )
        )
    return Frame(
        goal=stored["goal"],
        data=data,
        tools=tuple(specs),
        result=schema_of_answer(stored["result_schema"] or TEXT_RESULT),
        limits=Limits(
            max_steps=stored["max_steps"],
            max_seconds=stored["max_seconds"],
            max_cost=Decimal(stored["max_cost"]),
            max_tokens=stored["max_tokens"],
        ),
    )


def _shown(item: ItemContext, settings: Settings) -> str:
    data: JsonObject = {
        "reference": item.reference,
        "data": settings.data,
        "files": [each.name for each in item.files],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)[:MAX_DATA_CHARACTERS]
