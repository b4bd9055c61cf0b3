"""What happens at the door is told: lockouts to admins, changes of what guards an account to whom
it belongs."""

from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.accounts.models import Membership, User
from apps.accounts.roles import Role
from apps.events.bus import News, subscribe
from apps.events.models import Event
from apps.events.wording import sentence_of

from .lifecycle import notify

LOCKED: Final = "sign_in_locked"
GUARDS: Final = "account_guards"


@subscribe("person.locked_out")
def tell_admins(news: News) -> None:
    """Tell the admins of where the person has a role, and superusers."""
    person = User.objects.filter(pk=news.subject[1]).first() if news.subject else None
    if person is None:
        return
    folders = person.memberships.values("folder")
    admins = Membership.objects.filter(role=Role.ADMIN, folder__in=folders).values("user")
    until = parse_datetime(str(news.data.get("until", "")))
    notify(
        User.objects.filter(Q(pk__in=admins) | Q(is_superuser=True)).values_list("pk", flat=True),
        LOCKED,
        title=_("%(name)s is locked out after too many wrong tries") % {"name": person.name},
        body=_("Until %(time)s. If that was not them, somebody is guessing.")
        % {"time": date_format(localtime(until), "Y-m-d H:i T") if until else "–"},
        url=reverse("settings:person", args=[person.pk]),
        subject=("person", person.pk),
        key=f"{LOCKED}:{news.event_id}",
    )


@subscribe(
    "person.second_factor_added",
    "person.second_factor_removed",
    "person.second_factor_reset",
    "person.passkey_added",
    "person.passkey_removed",
    "person.recovery_codes_made",
    "person.recovery_code_used",
    "person.identity_linked",
    "person.identity_unlinked",
)
def tell_owner(news: News) -> None:
    """Tell the person themselves: if it was not them, they are the one to notice."""
    if news.event_id is None or news.subject is None:
        return
    event = Event.objects.filter(id=news.event_id).first()
    if event is None:
        return
    notify(
        [news.subject[1]],
        GUARDS,
        title=str(sentence_of(event)),
        body=_("If that was not you, change your password and tell an admin at once."),
        url=reverse("accounts:security"),
        subject=("person", news.subject[1]),
        key=f"{GUARDS}:{news.event_id}",
    )
