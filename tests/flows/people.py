"""A team, a calendar, a rule, an absence and a way to sign in, to be looked at on their pages."""

from collections.abc import Sequence
from datetime import timedelta

from apps.accounts.models import Absence, Folder, SignInProvider, Team, TeamMember, User
from apps.calendars.models import Calendar
from apps.inbox.models import HandlingRule
from apps.lib.clock import database_now

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = {day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in WEEKDAYS}
LADDER = [
    {"do": "remind", "at_share": 0.5},
    {"do": "reassign", "at_share": 1.0, "team": "leads"},
    {"do": "manager", "at_share": 1.5},
    {"do": "decide", "after_seconds": 7200, "decision": "reject"},
]


def make_people_to_see(folder: Folder) -> None:
    """May be called again."""
    people = list(User.objects.filter(memberships__folder=folder).order_by("pk")[:4])
    _rule_for(_team_of(people, folder), _calendar_in(folder))
    # switched off: nobody can sign in with it
    issuer = {"title": "Acme login", "issuer": "https://login.example.com", "is_active": False}
    SignInProvider.objects.get_or_create(key="seen", defaults=issuer)
    now = database_now()
    Absence.objects.get_or_create(
        user=User.objects.order_by("pk")[0],
        note="Lake",
        defaults={
            "starts_at": now - timedelta(days=1),
            "ends_at": now + timedelta(days=9),
            "deputy": people[1],
        },
    )


def _team_of(people: Sequence[User], folder: Folder) -> Team:
    team, _is_new = Team.objects.get_or_create(
        folder=folder, key="leads", defaults={"title": "Team leads", "manager": people[0]}
    )
    for person in people:
        TeamMember.objects.get_or_create(team=team, user=person)
    return team


def _calendar_in(folder: Folder) -> Calendar:
    calendar, _is_new = Calendar.objects.get_or_create(
        folder=folder,
        key="office",
        defaults={
            "title": "Office in Munich",
            "time_zone": "Europe/Berlin",
            "week": WEEK,
            "country": "DE",
            "subdivision": "BY",
            "days": {"2026-12-24": [], "2026-12-19": [["09:00", "12:00"]]},
        },
    )
    return calendar


def _rule_for(team: Team, calendar: Calendar) -> None:
    HandlingRule.objects.get_or_create(
        folder=team.folder,
        title="Wrong invoices",
        defaults={
            "kind": "data_problem",
            "code": "SEEN-*",
            "team": team,
            "calendar": calendar,
            "due_seconds": 8 * 3600,
            "ladder": LADDER,
        },
    )
