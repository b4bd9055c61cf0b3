"""The live parts of the pages of bots and runs."""

from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, Step, data_fragment, fragment
from apps.lib.json import Json
from apps.lib.numbers import whole_number

from . import pool_presenting, presenting, shapes, why_fragments  # noqa: F401
from .models import Bot, BotPool, LogLine, Run

Context = dict[str, Any]
LOG_STEP_LINES = 200


@fragment("bots.fleet", template="bots/bot_list.html#fleet", action=Action.VIEW, topics=("bots",))
def fleet(audience: Audience, arg: str) -> Context:
    """`arg`: the shape, see shapes.py."""
    folders = audience.folder_ids(Action.VIEW)
    cards = presenting.bot_cards(Bot.objects.filter(folder_id__in=folders))
    operable = audience.folder_ids(Action.OPERATE)
    shape = shapes.shape_named(arg)
    return {
        "cards": cards,
        "cells": presenting.fleet_cells(cards),
        "operable": operable,
        "shape": shape,
        "pools": shapes.by_pool(cards) if shape == shapes.SQUARES else [],
    }


@fragment("pools.table", template="bots/pool_list.html#table", action=Action.VIEW, topics=("bots",))
def pools_table(audience: Audience, arg: str) -> Context:
    pools = BotPool.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    return {"cards": pool_presenting.pool_cards(pools)}


@fragment(
    "pool.header", template="bots/pool_detail.html#header", action=Action.VIEW, topics=("bots",)
)
def pool_header(audience: Audience, arg: str) -> Context | None:
    folders = audience.folder_ids(Action.VIEW)
    pool = BotPool.objects.filter(pk=whole_number(arg) or 0, folder_id__in=folders).first()
    if pool is None:
        return None
    (card,) = pool_presenting.pool_cards([pool])
    return {
        "card": card,
        "pool": pool,
        "cells": pool_presenting.pool_cells(card),
        "bots": presenting.bot_cards(Bot.objects.filter(pool=pool)),
        "sharing": pool_presenting.sharing(pool),
        "planned": presenting.planned_maintenance(pool),
        "may_operate": audience.can(Action.OPERATE, pool.folder_id),
    }


@fragment(
    "bot.header", template="bots/bot_detail.html#header", action=Action.VIEW, topics=("bots",)
)
def bot_header(audience: Audience, arg: str) -> Context | None:
    folders = audience.folder_ids(Action.VIEW)
    bots = Bot.objects.filter(pk=whole_number(arg) or 0, folder_id__in=folders)
    cards = presenting.bot_cards(bots)
    if not cards:
        return None
    bot = cards[0].bot
    return {
        "card": cards[0],
        "bot": bot,
        "planned": presenting.planned_maintenance(bot),
        "may_operate": audience.can(Action.OPERATE, bot.folder_id),
    }


@fragment("runs.table", template="bots/run_list.html#table", action=Action.VIEW, topics=("bots",))
def runs_table(audience: Audience, arg: str) -> Context:
    """`arg` is a query string: bot=, pool=, status=, before=, limit=."""
    wanted = dict(parse_qsl(arg))
    runs = Run.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    if wanted.get("bot"):
        runs = runs.filter(bot_id=whole_number(wanted["bot"]) or 0)
    if wanted.get("pool"):
        runs = runs.filter(pool_id=whole_number(wanted["pool"]) or 0)
    if wanted.get("status") in Run.Status.values:
        runs = runs.filter(status=wanted["status"])
    before = whole_number(wanted.get("before", "")) or None
    limit = min(whole_number(wanted.get("limit", "")) or presenting.PAGE_SIZE, presenting.PAGE_SIZE)
    page, following = presenting.recent_runs(runs, before=before, limit=limit)
    base = reverse("runs:run_list")
    kept = "".join(
        f"&{name}={wanted[name]}" for name in ("bot", "pool", "status") if wanted.get(name)
    )
    return {
        "runs": page,
        "first_url": f"{base}?{kept[1:]}" if before else None,
        "next_url": f"{base}?before={following}{kept}" if following else None,
    }


@fragment(
    "run.header", template="bots/run_detail.html#header", action=Action.VIEW, topics=("run:{arg}",)
)
def run_header(audience: Audience, arg: str) -> Context | None:
    run = _run(audience, arg)
    if run is None:
        return None
    went_wrong = run.status in (Run.Status.FAULTED, Run.Status.LOST)
    return {
        "run": run,
        "exit_tone": "act" if went_wrong else "info",
        "exit_icon": "alert-triangle" if went_wrong else "info-circle",
        "facts": presenting.run_facts(run),
        "may_stop": audience.can(Action.OPERATE, run.folder_id) and not run.is_final,
    }


@data_fragment("run.log", action=Action.VIEW, topics=("run:{arg}",))
def run_log(audience: Audience, arg: str, cursor: str) -> Step | None:
    """Lines after the one numbered `cursor`, at most 200 at a time."""
    run = _run(audience, arg)
    if run is None:
        return None
    after = whole_number(cursor) or 0
    lines = list(LogLine.objects.of_run(run.pk, after=after)[: LOG_STEP_LINES + 1])
    if not lines:
        return Step(None, cursor)
    shown = lines[:LOG_STEP_LINES]
    entries: list[Json] = [
        {**presenting.log_entry(line), "at": line.at.isoformat()} for line in shown
    ]
    return Step({"lines": entries}, str(shown[-1].id), has_more=len(lines) > LOG_STEP_LINES)


def _run(audience: Audience, arg: str) -> Run | None:
    folders = audience.folder_ids(Action.VIEW)
    found = Run.objects.filter(pk=whole_number(arg) or 0, folder_id__in=folders)
    run: Run | None = found.select_related("version__automation", "bot", "pool").with_hung().first()
    return run
