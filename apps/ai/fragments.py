"""The live parts of the pages of AI."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in

from . import presenting
from .models import AgentRun, ModelCall, ModelEndpoint

Context = dict[str, Any]


@fragment(
    "ai.endpoints", template="ai/endpoint_list.html#table", action=Action.VIEW, topics=("ai",)
)
def endpoints(audience: Audience, arg: str) -> Context:
    found = ModelEndpoint.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    return {
        "rows": presenting.endpoint_rows(found),
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "ai.endpoint",
    template="ai/endpoint_detail.html#header",
    action=Action.VIEW,
    topics=("model_endpoint:{arg}",),
)
def endpoint(audience: Audience, arg: str) -> Context | None:
    folders = audience.folder_ids(Action.VIEW)
    found = ModelEndpoint.objects.filter(folder_id__in=folders, pk=number_in(arg) or 0).first()
    if found is None:
        return None
    budgets = list(found.budgets.select_related("endpoint"))
    row = presenting.endpoint_rows([found])[0]
    return {
        "endpoint": found,
        "row": row,
        "cells": presenting.endpoint_cells(row, budgets),
        "budgets": presenting.budget_rows(budgets),
        "is_stopped": row.status != "done",
        "may_operate": audience.can(Action.OPERATE, found.folder_id),
        "may_design": audience.can(Action.DESIGN, found.folder_id),
    }


@fragment("ai.calls", template="ai/call_list.html#table", action=Action.VIEW, topics=("ai",))
def calls(audience: Audience, arg: str) -> Context:
    """`arg` is a query string: endpoint=, outcome=, item=, use=, before=, limit=."""
    wanted = dict(parse_qsl(arg))
    found = ModelCall.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    if wanted.get("endpoint"):
        found = found.filter(endpoint_id=number_in(wanted["endpoint"]))
    if wanted.get("item"):
        found = found.filter(item_id=number_in(wanted["item"]))
    if wanted.get("agent_run"):
        found = found.filter(agent_run_id=number_in(wanted["agent_run"]))
    if wanted.get("outcome") in ModelCall.Outcome.values:
        found = found.filter(outcome=wanted["outcome"])
    limit = min(number_in(wanted.get("limit", "")) or presenting.PAGE_SIZE, presenting.PAGE_SIZE)
    before = number_in(wanted.get("before", "")) or 0
    page, following = presenting.call_page(found, before=before, limit=limit)
    return {"calls": page, **_pages("ai:call_list", wanted, before, following)}


@fragment("ai.agent_runs", template="ai/agent_list.html#runs", action=Action.VIEW, topics=("ai",))
def agent_runs(audience: Audience, arg: str) -> Context:
    """`arg` is a query string: profile=, before=."""
    wanted = dict(parse_qsl(arg))
    found = AgentRun.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    if wanted.get("profile"):
        found = found.filter(profile_id=number_in(wanted["profile"]))
    before = number_in(wanted.get("before", "")) or 0
    page, following = presenting.agent_run_page(found, before=before)
    return {"runs": page, **_pages("ai:agent_list", wanted, before, following)}


@fragment(
    "ai.agent_run",
    template="ai/agent_run_detail.html#run",
    action=Action.VIEW,
    topics=("agent_run:{arg}",),
)
def agent_run(audience: Audience, arg: str) -> Context | None:
    found = AgentRun.objects.filter(
        folder_id__in=audience.folder_ids(Action.VIEW), pk=number_in(arg) or 0
    ).first()
    if found is None:
        return None
    return presenting.agent_run_context(found, hides=presenting.has_personal(found.item_id))


def _pages(route: str, wanted: dict[str, str], before: int, following: int | None) -> Context:
    base = reverse(route)
    kept = {name: value for name, value in wanted.items() if name not in ("before", "limit")}
    return {
        "first_url": f"{base}?{urlencode(kept)}" if before else None,
        "next_url": f"{base}?{urlencode({**kept, 'before': following})}" if following else None,
    }
