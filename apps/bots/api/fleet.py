"""Bots for programs: who is there, what is wanted of them, when they are serviced."""

from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.bots.lifecycle import end_maintenance, plan_maintenance, save_bot, set_standing
from apps.bots.models import Bot, BotPool, Maintenance
from apps.bots.presenting import bot_cards
from apps.lib.errors import NotFoundError
from apps.lib.http import Cursor, Id, Limit, Moment, StrictModel, answer, page
from apps.lib.json import JsonObject

from .common import MAX_CAPABILITIES, Capability, router


class BotOut(BaseModel):
    """A bot, its pool, and whether it answers."""

    id: int
    name: str
    pool: str
    standing: str = Field(description="enabled, draining or disabled: what people want of it")
    state: str = Field(
        description="idle, busy, hung, draining, serviced, disabled or offline: how it is"
    )
    answers: bool = Field(description="whether it was heard of lately")
    slots: int
    busy: int = Field(description="slots at work")
    capabilities: list[str]
    maintenance_until: Moment | None = Field(description="when it is serviced now: until then")
    host: str
    version: str
    heartbeat_at: Moment | None


class BotList(BaseModel):
    items: list[BotOut]
    next_cursor: str | None


class BotIn(StrictModel):
    capabilities: list[Capability] = Field(
        max_length=MAX_CAPABILITIES,
        description="what it can do; holds until it is started with --capability again",
    )


class WishIn(StrictModel):
    reason: str = Field(default="", max_length=300)


class MaintenanceIn(StrictModel):
    """A time in which a bot, or all bots of a pool, take no work."""

    until: Moment
    starts_at: Moment | None = Field(default=None, description="at once, if left out")
    strategy: Literal["drain", "stop", "kill"] = Field(
        default="drain",
        description=(
            "what becomes of what is at work: it finishes the item or the single run in hand, is "
            "asked to stop, or is killed after its grace time"
        ),
    )
    reason: str = Field(default="", max_length=300)


class MaintenanceOut(BaseModel):
    id: int
    bot: str | None
    pool: str | None
    strategy: str
    reason: str
    starts_at: Moment
    until: Moment
    began_at: Moment | None
    ended_at: Moment | None
    by: str


class MaintenanceList(BaseModel):
    items: list[MaintenanceOut]
    next_cursor: str | None


@router.get("/bots", response=BotList, summary="List bots")
def list_bots(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    bots = Bot.objects.filter(folder=request.folder)
    found = page(bots, order=("name", "id"), limit=limit, cursor=cursor)
    cards = bot_cards(bots.filter(pk__in=[bot.pk for bot in found.items]))
    shown = {card.bot.pk: _bot(card) for card in cards}
    items = [shown[bot.pk] for bot in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.get("/bots/{name}", response=BotOut, summary="Look at a bot")
def get_bot(request: TokenRequest, name: str) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    return _answer(_find(request, name))


@router.put("/bots/{name}", response=BotOut, summary="Say what a bot can do")
def put_bot(request: TokenRequest, name: str, body: BotIn) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    bot = _find(request, name)
    save_bot(bot, capabilities=body.capabilities, by=request.actor)
    return _answer(bot)


@router.post("/bots/{name}/drain", response=BotOut, summary="Let a bot finish, then rest")
def drain_bot(request: TokenRequest, name: str, body: WishIn | None = None) -> HttpResponse:
    """It ends the item, or the single run, in hand, and takes nothing new. Again: no change."""
    return _wish(request, name, Bot.Standing.DRAINING, body)


@router.post("/bots/{name}/enable", response=BotOut, summary="Let a bot work")
def enable_bot(request: TokenRequest, name: str, body: WishIn | None = None) -> HttpResponse:
    return _wish(request, name, Bot.Standing.ENABLED, body)


@router.post("/bots/{name}/disable", response=BotOut, summary="Forbid a bot to work")
def disable_bot(request: TokenRequest, name: str, body: WishIn | None = None) -> HttpResponse:
    """What it has at work is asked to stop."""
    return _wish(request, name, Bot.Standing.DISABLED, body)


@router.get("/maintenance", response=MaintenanceList, summary="List maintenance")
def list_maintenance(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """What is on, and what is to come; what is over is left out."""
    require(request.rights, Action.VIEW, request.folder.pk)
    here = Maintenance.objects.filter(folder=request.folder, ended_at=None)
    found = page(
        here.select_related("bot", "pool"), order=("starts_at", "id"), limit=limit, cursor=cursor
    )
    items = [_maintenance(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.post("/bots/{name}/maintenance", response={201: MaintenanceOut}, summary="Service a bot")
def service_bot(request: TokenRequest, name: str, body: MaintenanceIn) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    return _plan(request, _find(request, name), body)


@router.post("/pools/{key}/maintenance", response={201: MaintenanceOut}, summary="Service a pool")
def service_pool(request: TokenRequest, key: str, body: MaintenanceIn) -> HttpResponse:
    """Like the maintenance of a bot, for all bots that the pool has then."""
    require(request.user, Action.OPERATE, request.folder.pk)
    return _plan(request, find_pool(request, key), body)


@router.delete("/maintenance/{int:number}", response=MaintenanceOut, summary="End maintenance")
def end_one(request: TokenRequest, number: Id) -> HttpResponse:
    """End it now, or call it off before it begins. 409 when it is over."""
    require(request.user, Action.OPERATE, request.folder.pk)
    here = Maintenance.objects.filter(folder=request.folder).select_related("bot", "pool")
    planned = here.filter(pk=number).first()
    if planned is None:
        raise NotFoundError(_("There is no maintenance %(n)s in this folder.") % {"n": number})
    return answer(_maintenance(end_maintenance(planned, by=request.actor)))


def find_pool(request: TokenRequest, key: str) -> BotPool:
    here = BotPool.objects.filter(folder=request.folder)
    found: BotPool | None = here.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no pool “%(key)s” in this folder.") % {"key": key})
    return found


def _find(request: TokenRequest, name: str) -> Bot:
    here = Bot.objects.filter(folder=request.folder)
    found: Bot | None = here.filter(name=name).first() if name.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no bot “%(name)s” in this folder.") % {"name": name})
    return found


def _wish(
    request: TokenRequest, name: str, standing: Bot.Standing, body: WishIn | None
) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    bot = _find(request, name)
    set_standing(bot, standing, by=request.actor, reason=body.reason if body else "")
    return _answer(bot)


def _plan(request: TokenRequest, of: Bot | BotPool, body: MaintenanceIn) -> HttpResponse:
    planned = plan_maintenance(
        of,
        until=body.until,
        starts_at=body.starts_at,
        strategy=body.strategy,
        reason=body.reason,
        by=request.actor,
    )
    planned.refresh_from_db()
    return answer(_maintenance(planned), status=201)


def _answer(bot: Bot) -> HttpResponse:
    (card,) = bot_cards(Bot.objects.filter(pk=bot.pk))
    return answer(_bot(card))


def _bot(card: Any) -> JsonObject:
    bot = card.bot
    return {
        "id": bot.pk,
        "name": bot.name,
        "pool": bot.pool.key,
        "standing": bot.standing,
        "state": card.state,
        "answers": bot.answers,
        "slots": bot.n_slots,
        "busy": card.n_busy,
        "capabilities": bot.capabilities,
        "maintenance_until": card.maintenance.ends_at if card.maintenance else None,
        "host": bot.host,
        "version": bot.version,
        "heartbeat_at": bot.heartbeat_at,
    }


def _maintenance(planned: Maintenance) -> Any:
    names = ("strategy", "reason", "starts_at", "began_at", "ended_at", "by")
    return {
        "id": planned.pk,
        "bot": planned.bot.name if planned.bot else None,
        "pool": planned.pool.key if planned.pool else None,
        "until": planned.ends_at,
        **{name: getattr(planned, name) for name in names},
    }
