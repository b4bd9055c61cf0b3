"""Signing in to the API: a token in the header, never a cookie."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from apps.lib.errors import DomainError, NotAllowedError, NotFoundError
from apps.lib.gathering import Gatherer
from apps.lib.http import check_header

from .callers import FIND_CALLERS, NOTE_USE, Caller, caller_from, find_caller
from .models import Folder
from .permissions import Action
from .tokens import MAX_TOKEN_LENGTH, digest_of

FOLDER_HEADER = "X-Folder"
MAX_FOLDER_KEY = 60


class NotSignedInError(DomainError):
    """No token, or one that is of no use."""

    status = 401
    code = "not_signed_in"
    title = "Not signed in"


class TokenAuth(HttpBearer):
    """For calls that run in a thread."""

    def __call__(self, request: HttpRequest) -> Any:
        caller = find_caller(digest_of(_token_of(request)))
        return _admit(request, caller)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError


class AsyncTokenAuth(TokenAuth):
    """For calls on the event loop; the tokens of many calls are looked up together."""

    def __init__(self) -> None:
        super().__init__()
        self.is_async = True

    async def __call__(self, request: HttpRequest) -> Any:
        caller = await callers.ask(digest_of(_token_of(request)))
        return _admit(request, caller)


def _token_of(request: HttpRequest) -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotSignedInError(_("Send the header “Authorization: Bearer <token>”."))
    return check_header("Authorization", token, longest=MAX_TOKEN_LENGTH)


def _admit(request: Any, caller: Caller | None) -> Caller:
    """Note on the request who calls and in which folder. Raises what the call is answered with."""
    if caller is None:
        raise NotSignedInError(_("This token is unknown, revoked or has run out."))
    request.user, request.actor, request.rights = caller.user, caller.actor, caller.rights
    request.folder = _folder(request, caller)
    return caller


def _folder(request: HttpRequest, caller: Caller) -> Folder:
    wanted = request.headers.get(FOLDER_HEADER)
    if wanted is None:
        folder = caller.folders.get(caller.folder_id)
    else:
        folder = caller.folder_named(check_header(FOLDER_HEADER, wanted, longest=MAX_FOLDER_KEY))
        if folder is None:
            raise NotFoundError(
                _("There is no folder “%(key)s”, or not for you.") % {"key": wanted}
            )
    if folder is None or not caller.rights.can(Action.VIEW, folder.pk):
        raise NotAllowedError(
            _("%(name)s has no role in this token's folder any more.") % {"name": caller.user.name}
        )
    return folder


async def _look_up(
    connection: AsyncConnection[Any], digests: Sequence[str]
) -> Sequence[Caller | None]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(FIND_CALLERS, {"digests": list(set(digests))})
        found = {row["digest"]: caller_from(row) for row in await cursor.fetchall()}
        stale = [caller.token_id for caller in found.values() if caller.is_stale]
        if stale:
            await _note_use(cursor, stale)
    return [found.get(digest) for digest in digests]


async def _note_use(cursor: psycopg.AsyncCursor[Any], token_ids: list[int]) -> None:
    await cursor.execute(NOTE_USE, {"token_ids": token_ids})


callers: Gatherer[str, Caller | None] = Gatherer("callers", _look_up)
