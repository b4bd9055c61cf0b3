"""Pools for programs: how many slots they have, and how many they want."""

from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.bots.lifecycle import save_pool
from apps.bots.models import MAX_POOL_SLOTS, BotPool
from apps.bots.pool_presenting import PoolCard, pool_cards
from apps.lib.http import Cursor, Limit, Moment, StrictModel, answer, page

from .common import router
from .fleet import find_pool


class PoolOut(BaseModel):
    """A pool: what it has, what waits, and how many slots it should have."""

    key: str
    title: str
    bots: int = Field(description="bots that answer and may work")
    slots: int = Field(description="slots of these that answer")
    busy: int = Field(description="runs at work")
    waiting: int = Field(description="runs that wait for a slot")
    wanted_slots: int = Field(description="scale to this")
    wanted_at: Moment | None = Field(
        description="since when fewer would do: fewer are wanted after scale_down_seconds of that"
    )
    min_slots: int
    max_slots: int | None
    scale_down_seconds: int


class PoolList(BaseModel):
    items: list[PoolOut]
    next_cursor: str | None


class PoolIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new pool."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    min_slots: int | None = Field(default=None, ge=0, le=MAX_POOL_SLOTS)
    max_slots: int | None = Field(
        default=None, ge=1, le=MAX_POOL_SLOTS, description="null: as many as there is work for"
    )
    scale_down_seconds: int | None = Field(default=None, ge=0, le=86_400)


@router.get("/pools", response=PoolList, summary="List pools")
def list_pools(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    pools = BotPool.objects.filter(folder=request.folder)
    found = page(pools, order=("key", "id"), limit=limit, cursor=cursor)
    shown = {card.pool.pk: _pool(card) for card in pool_cards(found.items)}
    items = [shown[pool.pk] for pool in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.get("/pools/{key}", response=PoolOut, summary="Look at a pool")
def get_pool(request: TokenRequest, key: str) -> HttpResponse:
    """`wanted_slots` is for whoever scales it: Kubernetes, or a script."""
    require(request.rights, Action.VIEW, request.folder.pk)
    return _answer(find_pool(request, key))


@router.put("/pools/{key}", response={200: PoolOut, 201: PoolOut}, summary="Make or change a pool")
def put_pool(request: TokenRequest, key: str, body: PoolIn) -> HttpResponse:
    """201 when it was made, 200 when it was there. 422 names each field that does not fit."""
    require(request.user, Action.ADMINISTER, request.folder.pk)
    known = BotPool.objects.filter(folder=request.folder, key=key).first()
    pool = known or BotPool(folder=request.folder, key=key, title=key)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values = {
        name: value for name, value in given.items() if value is not None or name == "max_slots"
    }
    save_pool(pool, values, by=request.actor)
    return _answer(pool, status=200 if known else 201)


def _answer(pool: BotPool, *, status: int = 200) -> HttpResponse:
    (card,) = pool_cards([BotPool.objects.get(pk=pool.pk)])
    return answer(_pool(card), status=status)


def _pool(card: PoolCard) -> dict[str, Any]:
    pool = card.pool
    names = ("key", "title", "wanted_slots", "min_slots", "max_slots", "scale_down_seconds")
    return {
        **{name: getattr(pool, name) for name in names},
        "wanted_at": pool.calm_since,
        "bots": card.n_bots,
        "slots": card.n_slots,
        "busy": card.n_busy,
        "waiting": card.n_waiting,
    }
