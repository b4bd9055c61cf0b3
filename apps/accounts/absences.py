"""Who is away, when, and who stands in for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .lifecycle import people_of
from .models import Absence, Folder, Membership, User
from .permissions import Action, can, rights_of
from .roles import GRANTS

LONGEST_DAYS = 730
FURTHEST_DAYS = 3_650
KEPT_DAYS = 90  # how long past absences are listed

Away = Mapping[int, int | None]  # who is away: their deputy, None where nobody stands in


def away_now() -> Away:
    """Return who is away on the database's clock, with their deputies; one query.

    Of several absences that hold at once, one with a deputy counts, the latest begun first. A
    deputy who can't sign in any more is none.
    """
    rows = (
        Absence.objects.now()
        .order_by("starts_at")
        .values_list("user_id", "deputy_id", "deputy__is_active")
    )
    found: dict[int, int | None] = {}
    for user_id, deputy_id, is_active in rows:
        deputy = deputy_id if is_active else None
        found[user_id] = deputy or found.get(user_id)
    return found


def present_for(user_id: int, away: Away) -> int | None:
    """Return who does the work of `user_id`: themselves, or the first deputy who is there.

    None when they are away and nobody stands in.
    """
    seen: set[int] = set()
    at: int | None = user_id
    while at is not None and at in away and at not in seen:
        seen.add(at)
        at = away[at]
    return None if at in seen else at


def stood_in_for(user_id: int, away: Away | None = None) -> frozenset[int]:
    """Return for whom `user_id` stands in now, through deputies who are away themselves, too."""
    absent = away_now() if away is None else away
    found: set[int] = set()
    left = [user_id]
    while left:
        deputy = left.pop()
        new = {who for who, stands_in in absent.items() if stands_in == deputy} - found
        found |= new
        left.extend(new)
    return frozenset(found - {user_id})


def absences_now(user_ids: Iterable[int]) -> dict[int, Absence]:
    """Return the absence that holds now of those who are away; one query, for lists of people."""
    found = Absence.objects.now().filter(user__in=list(user_ids)).select_related("deputy")
    return {absence.user_id: absence for absence in found.order_by("starts_at")}


def absences_of(people: QuerySet[User] | Iterable[User]) -> QuerySet[Absence]:
    """Return the absences that hold, will come, or ended not long ago."""
    since = database_now() - timedelta(days=KEPT_DAYS)
    found = Absence.objects.filter(user__in=people, ends_at__gt=since)
    return found.select_related("user", "deputy").order_by("starts_at", "pk")


def may_enter_absence(somebody: User, person: User, folder: Folder) -> bool:
    """Say whether `somebody` may enter when `person` is away: oneself, and supervisors for all."""
    if somebody.pk == person.pk:
        return True
    may = can(somebody, Action.OPERATE, folder.pk) or can(somebody, Action.ADMINISTER, folder.pk)
    return may and people_of(folder).filter(pk=person.pk).exists()


def deputies_for(person: User) -> QuerySet[User]:
    """Return who can stand in: whoever may decide in one of the person's folders."""
    roles = [role for role, granted in GRANTS.items() if Action.DECIDE in granted]
    places = Membership.objects.filter(role__in=roles)
    if not person.is_superuser:
        places = places.filter(folder__in=Membership.objects.filter(user=person).values("folder"))
    found = User.objects.filter(pk__in=places.values("user"), is_active=True)
    return found.exclude(pk=person.pk).order_by("username")


def add_absence(
    person: User,
    *,
    starts_at: datetime,
    ends_at: datetime,
    deputy: User | None,
    note: str = "",
    by: Actor,
    folder: Folder | None = None,
) -> Absence:
    """Note that `person` is away; what lies with them goes to the deputy when it begins.

    Raises InvalidError naming the field that does not fit.
    """
    _check(person, starts_at, ends_at, deputy)
    if deputy is not None and by.user_id != person.pk:
        _insist_that_may_name(by, person, deputy)
    with transaction.atomic():
        absence = Absence.objects.create(
            user=person,
            starts_at=starts_at,
            ends_at=ends_at,
            deputy=deputy,
            note=note.strip()[:300],
            added_by=by.name[:150],
        )
        _record("absence.added", absence, by, folder)
    return absence


def remove_absence(absence: Absence, *, by: Actor, folder: Folder | None = None) -> None:
    """Take it back, or end it early. What was handed over stays with the deputy."""
    with transaction.atomic():
        _record("absence.removed", absence, by, folder)
        absence.delete()


def _check(person: User, starts_at: datetime, ends_at: datetime, deputy: User | None) -> None:
    problem = None
    if ends_at <= starts_at:
        problem = FieldProblem("ends_at", _("must be later than it begins"))
    elif ends_at <= database_now():
        problem = FieldProblem("ends_at", _("is over already"))
    elif starts_at > database_now() + timedelta(days=FURTHEST_DAYS):
        problem = FieldProblem("starts_at", _("is too far ahead"))
    elif ends_at - starts_at > timedelta(days=LONGEST_DAYS):
        problem = FieldProblem("ends_at", _("is more than two years later"))
    elif deputy is not None and not deputies_for(person).filter(pk=deputy.pk).exists():
        problem = FieldProblem(
            "deputy", _("must be somebody else who may decide in the same folder")
        )
    if problem is not None:
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])


def _insist_that_may_name(by: Actor, person: User, deputy: User) -> None:
    """Raise InvalidError when the deputy would also stand in where `by` is no supervisor.

    Whoever stands in goes by what the absent go by, in every folder where both decide.
    """
    somebody = User.objects.filter(pk=by.user_id or 0).first()
    both = rights_of(person).folder_ids(Action.VIEW) & rights_of(deputy).folder_ids(Action.DECIDE)
    may = somebody is not None and all(
        can(somebody, Action.OPERATE, each) or can(somebody, Action.ADMINISTER, each)
        for each in both
    )
    if not may:
        text = _("would also stand in where you are no supervisor: %(name)s must name them")
        problem = FieldProblem("deputy", text % {"name": person.name})
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])


def _record(kind: str, absence: Absence, by: Actor, folder: Folder | None) -> None:
    data: JsonObject = {
        "name": absence.user.name,
        "deputy": absence.deputy.name if absence.deputy else "",
        "from": _day(absence.starts_at),
        "until": _day(absence.ends_at),
        "starts_at": absence.starts_at.isoformat(),
        "ends_at": absence.ends_at.isoformat(),
    }
    subject = ("person", absence.user_id)
    folder_id = folder.pk if folder else None
    publish(kind, subject=subject, folder_id=folder_id, by=by, data=data, topics=["absences"])


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
