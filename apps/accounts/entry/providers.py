"""What can be done to the services that sign people in: added, changed, removed. One event each."""

from collections.abc import Mapping
from typing import Any, Final

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import SignInProvider, User
from apps.events.bus import publish
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.json import Json, JsonObject
from apps.lib.sealing import seal

from .oidc import SEAL
from .policy import require_everywhere
from .recording import record

CHANGEABLE: Final = (
    *("title", "client_id", "is_active", "makes_people", "links_by_email"),
    *("brings_second_factor", "groups_claim", "group_rules"),
)
FIXED: Final = ("key", "issuer")


def providers_in_use() -> list[SignInProvider]:
    """Return the services that the sign-in page offers."""
    return list(SignInProvider.objects.filter(is_active=True))


def save_provider(row: SignInProvider, values: Mapping[str, Any], *, by: User) -> list[JsonObject]:
    """Save a new or a known service; return what changed. An empty `secret` leaves the old one.

    Raises InvalidError if the key is taken, NotAllowedError for all but admins of every folder.
    """
    require_everywhere(by)
    is_new = row.pk is None
    before = {} if is_new else {name: getattr(row, name) for name in CHANGEABLE}
    for name in (*CHANGEABLE, *(FIXED if is_new else ())):
        setattr(row, name, values[name])
    changes = [
        {"field": name, "before": _plain(before.get(name)), "after": _plain(values[name])}
        for name in CHANGEABLE
        if before.get(name) != values[name]
    ]
    if values.get("secret"):
        row.sealed_secret = seal(values["secret"], purpose=SEAL)
        changes.append({"field": "secret", "before": "", "after": _("a new one")})
    try:
        with transaction.atomic():
            row.save()
            if changes:
                _record("created" if is_new else "changed", row, by, {"changes": [*changes]})
    except IntegrityError:
        taken = FieldProblem("key", _("Another one has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return changes


@transaction.atomic
def remove_provider(row: SignInProvider, *, by: User) -> None:
    """Remove it, and what it said of people; the people stay, without this way in."""
    require_everywhere(by)
    n, _rows = SocialAccount.objects.filter(provider=row.key).delete()
    _record("removed", row, by, {"identities": n})
    row.delete()


@transaction.atomic
def unlink(person: User, pk: int, *, by: User) -> None:
    """Take one identity from `person`. The caller has made sure that `by` may. NotFoundError."""
    found = SocialAccount.objects.filter(user=person, pk=pk).first()
    if found is None:
        raise NotFoundError()
    title = SignInProvider.objects.filter(key=found.provider).values_list("title", flat=True)
    found.delete()
    data: JsonObject = {"provider": title.first() or found.provider}
    record("person.identity_unlinked", person, by=by.actor, data=data)


def identities_of(person: User) -> list[dict[str, Any]]:
    """Return by which services `person` may come in, and since when."""
    titles = dict(SignInProvider.objects.values_list("key", "title"))
    return [
        {
            "pk": each.pk,
            "title": titles.get(each.provider, each.provider),
            "key": each.provider,
            "name": each.extra_data.get("email") or each.extra_data.get("name") or "",
            "since": each.date_joined,
            "last": each.last_login,
        }
        for each in SocialAccount.objects.filter(user=person).order_by("pk")
    ]


def _record(verb: str, row: SignInProvider, by: User, data: JsonObject) -> None:
    publish(
        f"sign_in_provider.{verb}",
        subject=("sign_in_provider", row.pk),
        folder_id=None,
        by=by.actor,
        data={"title": row.title, **data},
    )


def _plain(value: object) -> Json:
    return "" if value is None else str(value)
