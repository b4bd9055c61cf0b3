"""Assets for programs: kept by those of admins, read by bots."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from apps.accounts.http import TokenRequest
from apps.bots.kept import Credential, Kept
from apps.bots.models import Bot
from apps.lib.errors import NotFoundError
from apps.lib.http import MAX_BODY_BYTES, Cursor, Limit, answer, body_of, page, read_body
from apps.lib.json import JsonObject
from apps.lib.secrecy import Secret

from .handing_out import asker_outside, hand_out
from .lifecycle import assets_of, remove_asset, remove_override, save_asset, save_override
from .models import Asset, AssetOverride, AssetUse
from .presenting import is_due_now, with_last_use
from .rights import require_change, require_look, require_read
from .schemas import (
    AssetIn,
    AssetOut,
    AssetPage,
    ReadIn,
    ReadOut,
    UsePage,
    ValueIn,
)
from .values import KEEP, refuse

router = Router(tags=["Assets"])


@router.get("/assets", response=AssetPage, summary="List assets")
def list_assets(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require_look(request.rights, request.folder.pk)
    assets = with_last_use(request.folder).prefetch_related("overrides__bot")
    found = page(assets, order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_out(each) for each in found.items], "next_cursor": found.next_cursor})


@router.get("/assets/{key}", response=AssetOut, summary="Look at an asset")
def get_asset(request: TokenRequest, key: str) -> HttpResponse:
    """Plain values are shown; secrets are not, to nobody."""
    require_look(request.rights, request.folder.pk)
    return answer(_out(_find(request, key)))


@router.put(
    "/assets/{key}",
    response={200: AssetOut, 201: AssetOut},
    openapi_extra=body_of(AssetIn),
    summary="Make or change an asset",
)
def put_asset(request: TokenRequest, key: str) -> HttpResponse:
    """201 when it was made, 200 when it was there. 422 names each field that does not fit."""
    require_change(request.rights, request.folder.pk)
    body = read_body(request, AssetIn, max_bytes=MAX_BODY_BYTES)
    known = assets_of(request.folder).filter(key=key).first() if key.isprintable() else None
    kind = known.kind if known else body.kind or Asset.Kind.TEXT
    if kind not in Asset.Kind.values:
        raise refuse("kind", _("must be one of: %(kinds)s") % {"kinds": ", ".join(Asset.Kind)})
    if body.kind is not None and body.kind != kind:
        raise refuse("kind", _("can't be changed: remove the asset and make another"))
    asset = known or Asset(folder=request.folder, key=key, title=key, kind=kind)
    save_asset(asset, _facts(body), value=body.given(kind), by=request.actor)
    return answer(_out(_find(request, key)), status=200 if known else 201)


@router.delete("/assets/{key}", response={204: None}, summary="Remove an asset")
def delete_asset(request: TokenRequest, key: str) -> HttpResponse:
    require_change(request.rights, request.folder.pk)
    remove_asset(_find(request, key), by=request.actor)
    return HttpResponse(status=204)


@router.post(
    "/assets/{key}/read",
    response=ReadOut,
    openapi_extra=body_of(ReadIn),
    summary="Read an asset, as a bot",
)
def read_asset(request: TokenRequest, key: str) -> HttpResponse:
    """Give the value, or the secret. Each time a secret is given, it is recorded.

    409 when it can't be opened, since its key is not known here.
    """
    require_read(request.rights, request.folder.pk)
    body = read_body(request, ReadIn, max_bytes=MAX_BODY_BYTES)
    asker = asker_outside(
        request.folder.pk,
        by=request.actor,
        bot=body.bot,
        item_id=body.item,
        purpose=body.purpose,
    )
    asset, value = hand_out(key, asker)
    response = answer({"key": asset.key, "kind": asset.kind, **_given(value)})
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/assets/{key}/uses", response=UsePage, summary="Who was given an asset")
def list_uses(request: TokenRequest, key: str, limit: Limit, cursor: Cursor) -> HttpResponse:
    require_look(request.rights, request.folder.pk)
    uses = AssetUse.objects.filter(asset_id=_find(request, key).pk)
    found = page(uses, order=("-at", "-id"), limit=limit, cursor=cursor)
    return answer({"items": [_use(each) for each in found.items], "next_cursor": found.next_cursor})


@router.put(
    "/assets/{key}/overrides/{bot}",
    response=AssetOut,
    openapi_extra=body_of(ValueIn),
    summary="Keep another value for one bot",
)
def put_override(request: TokenRequest, key: str, bot: str) -> HttpResponse:
    require_change(request.rights, request.folder.pk)
    asset = _find(request, key)
    given = read_body(request, ValueIn, max_bytes=MAX_BODY_BYTES).given(asset.kind)
    if given is KEEP:
        raise refuse("value", _("is missing"))
    save_override(asset, _bot(request, bot), given, by=request.actor)
    return answer(_out(_find(request, key)))


@router.delete(
    "/assets/{key}/overrides/{bot}", response={204: None}, summary="Drop the value of one bot"
)
def delete_override(request: TokenRequest, key: str, bot: str) -> HttpResponse:
    require_change(request.rights, request.folder.pk)
    kept = AssetOverride.objects.filter(asset=_find(request, key), bot=_bot(request, bot))
    override = kept.select_related("asset", "bot").first()
    if override is None:
        raise NotFoundError(_("The bot “%(name)s” has no value of its own.") % {"name": bot})
    remove_override(override, by=request.actor)
    return HttpResponse(status=204)


def _find(request: TokenRequest, key: str) -> Asset:
    found = with_last_use(request.folder).filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no asset “%(key)s” in this folder.") % {"key": key[:100]})
    asset: Asset = found
    return asset


def _bot(request: TokenRequest, name: str) -> Bot:
    bots = Bot.objects.filter(folder=request.folder, name=name)
    found = bots.first() if name.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no bot “%(name)s” in this folder.") % {"name": name[:100]})
    bot: Bot = found
    return bot


def _facts(body: AssetIn) -> dict[str, Any]:
    said = body.model_fields_set
    facts: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("title", "description")
        if getattr(body, name) is not None
    }
    if "rotate_after_days" in said:
        facts["rotate_after_days"] = body.rotate_after_days
    return facts


def _out(asset: Any) -> JsonObject:
    same = ("key", "title", "description", "kind", "value", "set_at", "rotate_after_days")
    found: Any = {
        **{name: getattr(asset, name) for name in same},
        "is_due": is_due_now(asset),
        "last_used_at": asset.last_used_at,
        "overrides": [
            {"bot": each.bot.name, "value": each.value, "set_at": each.set_at}
            for each in asset.overrides.all()
        ],
        "created_at": asset.created_at,
    }
    return found  # type: ignore[no-any-return]


def _given(value: Kept) -> JsonObject:
    if isinstance(value, Secret):
        return {"secret": value.reveal()}
    if isinstance(value, Credential):
        return {"username": value.username, "password": value.password.reveal()}
    return {"value": value}


def _use(use: AssetUse) -> Any:
    return {
        "at": use.at,
        "run": use.run_id,
        "item": use.item_id,
        "bot": use.bot_name,
        "by": use.actor_name,
        "purpose": use.purpose,
        "was_override": use.was_override,
    }
