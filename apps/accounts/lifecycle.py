"""What can be done to people: invite, change, remove, disable… Each leaves one event."""

from collections.abc import Mapping

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .models import Folder, Membership, Team, TeamMember, User
from .permissions import Action, rights_of
from .roles import Role
from .tokens import revoke_tokens_of


def people_of(folder: Folder) -> QuerySet[User]:
    """Return who may do something in `folder`: its members, and those who may do everything."""
    members = User.objects.filter(memberships__folder=folder)
    return (members | User.objects.filter(is_superuser=True)).distinct().order_by("username")


def role_in(user: User, folder: Folder) -> Role | None:
    if user.is_superuser:
        return Role.ADMIN
    found = user.memberships.filter(folder=folder).values_list("role", flat=True).first()
    return Role(found) if found else None


def invite_person(
    folder: Folder, *, username: str, name: str, email: str, role: str, by: Actor
) -> User:
    """Create a person who can sign in once a password is set by `password_link_of`.

    Raises InvalidError if the user name is taken.
    """
    try:
        with transaction.atomic():
            person = User(username=username, display_name=name, email=email)
            person.set_unusable_password()
            person.save()
            Membership.objects.create(user=person, folder=folder, role=role)
            _record("person.invited", person, folder, by, {"name": person.name, "role": role})
    except IntegrityError:
        taken = FieldProblem("username", _("Somebody has this user name already."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return person


def change_person(
    person: User, folder: Folder, *, name: str, email: str, role: str, by: Actor
) -> list[JsonObject]:
    """Save name, address and role; return the changes as `{field, before, after}`.

    The caller has asked `may_manage`. Raises ConflictError when the folder would be left without
    an admin.
    """
    with transaction.atomic():
        _one_at_a_time(folder)
        person.refresh_from_db()
        before = {
            "name": person.display_name,
            "email": person.email,
            "role": role_in(person, folder),
        }
        after = {"name": name, "email": email, "role": role}
        if before["role"] == Role.ADMIN and role != Role.ADMIN:
            refuse_if_last_admin(person, folder)
        _save_role(person, folder, role)
        person.display_name, person.email = name, email
        person.save(update_fields=["display_name", "email"])
        changes = _differences(before, after)
        if changes:
            _record(
                "person.changed", person, folder, by, {"name": person.name, "changes": [*changes]}
            )
    return changes


def disable_person(person: User, folder: Folder, *, by: Actor) -> None:
    """Shut `person` out at once, of all folders: sessions end, tokens are revoked, for good.

    Raises ConflictError for oneself, for the last admin, and for who is disabled already.
    """
    if person.pk == by.user_id:
        raise ConflictError(_("You can't disable yourself. Ask another admin."))
    with transaction.atomic():
        for place in Folder.objects.filter(memberships__user=person).union(
            Folder.objects.filter(pk=folder.pk)
        ):
            _one_at_a_time(place)
            if role_in(person, place) == Role.ADMIN:
                refuse_if_last_admin(person, place)
        active = User.objects.filter(pk=person.pk, is_active=True)
        if not active.update(is_active=False, session_epoch=F("session_epoch") + 1):
            raise ConflictError(_("%(name)s is disabled already.") % {"name": person.name})
        n = revoke_tokens_of(person)
        _record("person.disabled", person, folder, by, {"name": person.name, "tokens": n})
    person.refresh_from_db()


def enable_person(person: User, folder: Folder, *, by: Actor) -> None:
    """Let `person` sign in again; the tokens stay revoked."""
    with transaction.atomic():
        if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
            raise ConflictError(_("%(name)s is not disabled.") % {"name": person.name})
        _record("person.enabled", person, folder, by, {"name": person.name})
    person.refresh_from_db()


def remove_person(person: User, folder: Folder, *, by: Actor) -> None:
    """Take `person` out of `folder` alone; their tokens for it are revoked.

    Raises ConflictError for oneself, for the last admin, and for who is not in it.
    """
    if person.pk == by.user_id:
        raise ConflictError(_("You can't remove yourself. Ask another admin."))
    with transaction.atomic():
        _one_at_a_time(folder)
        if role_in(person, folder) == Role.ADMIN:
            refuse_if_last_admin(person, folder)
        if not Membership.objects.filter(user=person, folder=folder).delete()[0]:
            raise ConflictError(_("%(name)s is not in this folder.") % {"name": person.name})
        TeamMember.objects.filter(user=person, team__folder=folder).delete()
        Team.objects.filter(manager=person, folder=folder).update(manager=None)
        n = revoke_tokens_of(person, folder=folder)
        _record("person.removed", person, folder, by, {"name": person.name, "tokens": n})


def password_link_of(person: User, folder: Folder, *, by: Actor) -> tuple[str, str]:
    """Return the two parts of a link with which `person` sets a password, once, for some days."""
    _record("person.password_link_made", person, folder, by, {"name": person.name})
    return urlsafe_base64_encode(force_bytes(person.pk)), default_token_generator.make_token(person)


def person_of_link(encoded_id: str, token: str) -> User | None:
    """Return whose link this is; None if it was used, has run out, or never was one."""
    try:
        person = User.objects.get(
            pk=int(force_str(urlsafe_base64_decode(encoded_id))), is_active=True
        )
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return person if default_token_generator.check_token(person, token) else None


def set_password(person: User, password: str) -> None:
    """Set the password; every session signs out, and open links are used up."""
    with transaction.atomic():
        person.set_password(password)
        person.session_epoch += 1
        person.save(update_fields=["password", "session_epoch"])
        _record("person.password_changed", person, None, person.actor, {"name": person.name})


def change_profile(
    person: User, *, name: str, email: str, language: str, time_zone: str, theme: str
) -> list[JsonObject]:
    """Save what people say about themselves; return the changes."""
    fields = ["display_name", "email", "language", "time_zone", "theme"]
    before: JsonObject = {field: getattr(person, field) for field in fields}
    after = dict(zip(fields, [name, email, language, time_zone, theme], strict=True))
    changes = _differences(before, after)
    if changes:
        with transaction.atomic():
            User.objects.filter(pk=person.pk).update(**after)
            data: JsonObject = {"name": person.name, "changes": [*changes]}
            _record("person.profile_changed", person, None, person.actor, data)
        person.refresh_from_db(fields=fields)
    return changes


def may_manage(manager: User, person: User) -> bool:
    """Say whether `manager` is admin wherever `person` has a role.

    Else an admin of one folder could lock out, or sign in as, an admin of another.
    """
    return User.objects.filter(managed_by(manager), pk=person.pk).exists()


def managed_by(manager: User) -> Q:
    """Return the condition that is true of whom `manager` may manage, see `may_manage`."""
    own = rights_of(manager).folder_ids(Action.ADMINISTER)
    elsewhere = Membership.objects.exclude(folder__in=own).values("user")
    managed = Q(is_superuser=False) & ~Q(pk__in=elsewhere)
    return managed | Q(is_superuser=True) if manager.is_superuser else managed


def _one_at_a_time(folder: Folder) -> None:
    """Two admins who disable each other must not both succeed."""
    Folder.objects.select_for_update().get(pk=folder.pk)


def refuse_if_last_admin(person: User, folder: Folder) -> None:
    """Raise ConflictError if `folder` would be left without an admin who can sign in."""
    members = User.objects.filter(memberships__folder=folder, memberships__role=Role.ADMIN)
    admins = members | User.objects.filter(is_superuser=True)
    if not admins.filter(is_active=True).exclude(pk=person.pk).exists():
        raise ConflictError(
            _("%(name)s is the last admin of this folder. Make somebody else an admin first.")
            % {"name": person.name}
        )


def _save_role(person: User, folder: Folder, role: str) -> None:
    if person.is_superuser:
        return  # admin everywhere, whatever a membership says
    Membership.objects.update_or_create(user=person, folder=folder, defaults={"role": role})
    person.cached_rights = None


def _differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[JsonObject]:
    return [
        {"field": field, "before": _plain(before[field]), "after": _plain(value)}
        for field, value in after.items()
        if before[field] != value
    ]


def _plain(value: Json) -> Json:
    return None if value is None else str(value)


def _record(kind: str, person: User, folder: Folder | None, by: Actor, data: JsonObject) -> None:
    folder_id = folder.pk if folder else None
    publish(kind, subject=("person", person.pk), folder_id=folder_id, by=by, data=data)
