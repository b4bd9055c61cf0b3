"""Walls and the tokens of their screens: made, changed, taken away; each leaves one event."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.dashboard.models import DisplayToken, Wall
from apps.dashboard.wall_checking import check_networks, check_wall
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

FIELDS = ("title", "pages", "rotate_seconds", "time_zone", "dim_from", "dim_until")
SECRET_BYTES = 32
PREFIX_LENGTH = 6


def save_wall(wall: Wall, values: Mapping[str, Any], *, by: Actor) -> list[JsonObject]:
    """Set these fields of a new or a known wall; return what changed.

    Raises InvalidError naming each field.
    """
    is_new = wall.pk is None
    changes: list[JsonObject] = []
    for name in FIELDS:
        if name in values and (is_new or getattr(wall, name) != values[name]):
            before = getattr(wall, name)
            changes.append({"field": name, "before": _plain(before), "after": _plain(values[name])})
            setattr(wall, name, values[name])
    check_wall(wall)
    if not changes and not is_new:
        return []
    try:
        with transaction.atomic():
            wall.save()
            kind = "wall.created" if is_new else "wall.changed"
            _record(kind, wall, by, {"changes": list[Json](changes)})
    except IntegrityError:
        taken = FieldProblem("key", _("Another wall has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return changes


def remove_wall(wall: Wall, *, by: Actor) -> None:
    """Take it down, with the tokens of its screens."""
    with transaction.atomic():
        _record("wall.removed", wall, by, {})
        wall.delete()


def create_display_token(
    wall: Wall, *, name: str, networks: str, by: Actor
) -> tuple[DisplayToken, str]:
    """Return the new token and its text, which can never be shown again.

    Raises InvalidError for networks that are none.
    """
    networks = check_networks(networks)
    text = secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        token = DisplayToken.objects.create(
            wall=wall,
            name=name.strip(),
            prefix=text[:PREFIX_LENGTH],
            digest=digest_of(text),
            networks=networks,
            created_by=by.name[:150],
        )
        _record("display_token.created", wall, by, {"name": token.name, "networks": networks})
    return token, text


def revoke_display_token(token: DisplayToken, *, by: Actor) -> None:
    """Make it useless at once. Raises ConflictError if it already is."""
    with transaction.atomic():
        usable = DisplayToken.objects.filter(pk=token.pk, revoked_at=None)
        if not usable.update(revoked_at=Now()):
            raise ConflictError(_("This token was revoked before."))
        _record("display_token.revoked", token.wall, by, {"name": token.name})


def digest_of(text: str) -> str:
    # the secret has 256 random bits, so a slow hash would protect nothing
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _plain(value: Any) -> Json:
    if value is None or isinstance(value, str | int | list | dict):
        return value
    return str(value)


def _record(kind: str, wall: Wall, by: Actor, data: JsonObject) -> None:
    publish(
        kind,
        subject=("wall", wall.pk),
        folder_id=wall.folder_id,
        by=by,
        data={"title": wall.title, **data},
    )
