"""What people say about endpoints; each change leaves one event."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError, NotFoundError
from apps.lib.json import Json, JsonObject
from apps.lib.secrecy import Secret
from apps.webhooks import kinds
from apps.webhooks.calling import check_url
from apps.webhooks.models import Endpoint

from .recording import record
from .secrets import add_secret

EDITABLE: Final = ("title", "url", "kinds", "of", "max_at_once")
_HOW_IT_FARES: Final = ("failures", "failing_since", "not_before", "last_error")
MAX_URL: Final = 1_000
MAX_ENDPOINTS: Final = 100

_NOT_EDITED: Final = {
    column.name
    for column in Endpoint._meta.concrete_fields
    if column.name not in (*EDITABLE, "key")
}
_REMOVE_TRIES: Final = """
delete from webhooks_try t using webhooks_delivery d
 where d.id = t.delivery_id and d.endpoint_id = %s
"""
_REMOVE_DELIVERIES: Final = "delete from webhooks_delivery where endpoint_id = %s"


def save_endpoint(
    endpoint: Endpoint, values: Mapping[str, Any], *, by: Actor, version: int | None = None
) -> tuple[list[JsonObject], Secret | None]:
    """Set these fields of a new or a known endpoint; return what changed, and the secret of a new
    one: nobody is told it again.

    Raises InvalidError naming each field; ConflictError when `version` is not the one that is
    stored. The host of its address is looked up, before anything is locked: that may take long.
    """
    problems = _of_address(endpoint, values)
    return _save(endpoint, values, problems, by=by, version=version)


@transaction.atomic
def _save(
    endpoint: Endpoint,
    values: Mapping[str, Any],
    problems: list[FieldProblem],
    *,
    by: Actor,
    version: int | None,
) -> tuple[list[JsonObject], Secret | None]:
    found = _current(endpoint, version)
    changes = _set(found, values)
    _check(found, problems)
    secret = None
    if found.pk is None:
        _insist_on_room(found)
        _insert(found, by)
        secret = add_secret(found, by=by)
        record("created", found, by, {"changes": list[Json](changes)})
    elif changes:
        found.version += 1
        found.save(update_fields=[*EDITABLE, *_HOW_IT_FARES, "version"])
        record("changed", found, by, {"changes": list[Json](changes)})
    for column in Endpoint._meta.concrete_fields:
        setattr(endpoint, column.attname, getattr(found, column.attname))
    return changes, secret


@transaction.atomic
def remove_endpoint(endpoint: Endpoint, *, by: Actor) -> None:
    """Remove it with its secrets and its deliveries. What is on its way may still arrive."""
    record("removed", endpoint, by)
    # in the database alone: there may be many, and Django would fetch them all
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_TRIES, [endpoint.pk])
        cursor.execute(_REMOVE_DELIVERIES, [endpoint.pk])
    endpoint.delete()


def _current(endpoint: Endpoint, version: int | None) -> Endpoint:
    if endpoint.pk is None:
        return endpoint
    found: Endpoint | None = (
        Endpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint.pk).first()
    )
    if found is None:
        raise NotFoundError(_("This webhook was removed meanwhile."))
    if version is not None and version != found.version:
        raise ConflictError(_("Somebody else has changed it meanwhile. Look at it again."))
    return found


def _set(endpoint: Endpoint, values: Mapping[str, Any]) -> list[JsonObject]:
    changes: list[JsonObject] = []
    for name in EDITABLE:
        old = getattr(endpoint, name)
        if name in values and values[name] != old:
            told = (_told(name, old), _told(name, values[name]))
            changes.append({"field": name, "old": told[0], "new": told[1]})
            setattr(endpoint, name, values[name])
    if any(each["field"] == "url" for each in changes):
        # how the other one fared says nothing about this one
        endpoint.failures, endpoint.failing_since, endpoint.not_before = 0, None, None
        endpoint.last_error = ""
    return changes


def _told(name: str, value: Any) -> Any:
    """Of an address the history keeps the host: what stands behind it may give rights."""
    return str(value).partition("://")[2].partition("/")[0] if name == "url" else value


def _of_address(endpoint: Endpoint, values: Mapping[str, Any]) -> list[FieldProblem]:
    url = values.get("url", endpoint.url)
    if endpoint.pk is not None and url == endpoint.url:
        return []
    try:
        check_url(str(url)[:MAX_URL])
    except InvalidError as error:
        return [FieldProblem("url", error.message)]
    return []


def _check(endpoint: Endpoint, problems: list[FieldProblem]) -> None:
    problems = [*problems, *_of_columns(endpoint)]
    unknown = sorted(set(endpoint.kinds) - set(kinds.titles()))
    if not endpoint.kinds:
        problems.append(FieldProblem("kinds", _("Choose at least one.")))
    elif unknown:
        message = _("There is no kind “%(kind)s”.") % {"kind": str(unknown[0])[:60]}
        problems.append(FieldProblem("kinds", message))
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}", fields=problems)


def _of_columns(endpoint: Endpoint) -> list[FieldProblem]:
    try:
        endpoint.clean_fields(exclude=_NOT_EDITED)
    except ValidationError as error:
        return [FieldProblem(name, said[0]) for name, said in error.message_dict.items()]
    return []


def _insist_on_room(endpoint: Endpoint) -> None:
    if Endpoint.objects.filter(folder=endpoint.folder_id).count() >= MAX_ENDPOINTS:
        text = _("A folder has at most %(n)d webhooks.") % {"n": MAX_ENDPOINTS}
        raise ConflictError(text)


def _insert(endpoint: Endpoint, by: Actor) -> None:
    endpoint.owner_id = by.user_id
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError:
        message = _("There is a webhook with this key already.")
        raise InvalidError(message, fields=[FieldProblem("key", message)]) from None
