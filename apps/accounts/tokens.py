"""API tokens: made once, shown once, kept as a digest."""

import hashlib
import secrets
import string
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError

from .models import ApiToken, Folder, User
from .permissions import Action, require

PREFIX_LENGTH = 8
SECRET_LENGTH = 43  # of 62 letters and digits: 256 bits
MAX_TOKEN_LENGTH = 200
LETTERS = string.ascii_letters + string.digits


def create_token(
    user: User, folder: Folder, *, name: str, by: Actor, days: int | None = None
) -> tuple[ApiToken, str]:
    """Return the new token and its text, which can never be shown again.

    Raises NotAllowedError if `user` may do nothing in `folder`.
    """
    require(user, Action.VIEW, folder.pk)
    prefix, secret = _letters(PREFIX_LENGTH), _letters(SECRET_LENGTH)
    text = f"cr_{prefix}_{secret}"
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            folder=folder,
            name=name,
            prefix=f"cr_{prefix}",
            digest=digest_of(text),
            expires_at=None if days is None else Now() + timedelta(days=days),
        )
        publish(
            "token.created",
            subject=("token", token.pk),
            folder_id=folder.pk,
            by=by,
            data={"name": name, "prefix": token.prefix, "for": user.name, "days": days},
        )
    return token, text


def revoke_token(token: ApiToken, *, by: Actor) -> None:
    """Make `token` useless at once. Raises ConflictError if it already is."""
    with transaction.atomic():
        open_ones = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if not open_ones.update(revoked_at=Now()):
            raise ConflictError(_("This token was revoked before."))
        publish(
            "token.revoked",
            subject=("token", token.pk),
            folder_id=token.folder_id,
            by=by,
            data={"name": token.name, "prefix": token.prefix, "for": token.user.name},
        )


def revoke_tokens_of(user: User, *, folder: Folder | None = None) -> int:
    """Make all tokens of `user` useless (those of `folder`, if given); return how many."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user=user, revoked_at=None)
    if folder is not None:
        tokens = tokens.filter(folder=folder)
    return tokens.update(revoked_at=Now())


def digest_of(text: str) -> str:
    # the secret has 256 random bits, so a slow hash would protect nothing
    return hashlib.sha256(text.encode()).hexdigest()


def _letters(n: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(n))
