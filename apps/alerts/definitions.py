"""What people say about a rule: its fields, what they are worth unsaid, and what may be said."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, Team, User
from apps.accounts.permissions import Action, can
from apps.bots.models import BotPool
from apps.calendars.models import Calendar
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject, check_json
from apps.queues.models import WorkQueue
from apps.triggers.kinds import rule_problems

from .conditions import Condition, Group, Rule, parse_rule
from .conditions.own import OfBots, OfCheckIn, OfFailures, OfFlow
from .models import AlertRule, Severity
from .models.rules import web_address

# In the words of the API; owner by user name, team and calendar by key, "" for none
DEFAULTS: Final[JsonObject] = {
    "title": "",
    "description": "",
    "rule": {},
    "severity": Severity.WARNING.value,
    "owner": "",
    "team": "",
    "runbook_url": "",
    "group": "",
    "calendar": "",
    "outside_hours": AlertRule.OutsideHours.TELL.value,
}
FIELDS: Final = tuple(DEFAULTS)
CHOICES: Final[Mapping[str, list[Any]]] = {
    "severity": Severity.values,
    "outside_hours": AlertRule.OutsideHours.values,
}
TEXTS: Final[Mapping[str, int]] = {
    "title": 150,
    "description": 5_000,
    "owner": 150,
    "team": 60,
    "runbook_url": 500,
    "group": 60,
    "calendar": 60,
}


class Checked:
    """A definition that holds: its rule, and what its names stand for."""

    def __init__(self, folder: Folder, said: JsonObject) -> None:
        """Raises InvalidError naming each field that does not fit."""
        self.said = said
        self.rule: Rule | None = None
        self.owner: User | None = None
        self.team: Team | None = None
        self.calendar: Calendar | None = None
        self._problems = [*_plain_problems(said)]
        if not self._problems:
            self._look_up(folder)
        insist(self._problems)

    def _look_up(self, folder: Folder) -> None:
        self._read_rule(folder)
        self.owner = self._owner(folder, str(self.said["owner"]))
        self.team = self._named(Team, folder, "team", _("There is no team “%(key)s” here."))
        missing = _("There is no calendar “%(key)s” here.")
        self.calendar = self._named(Calendar, folder, "calendar", missing)
        waits = self.said["outside_hours"] == AlertRule.OutsideHours.WAIT
        if waits and not self.said["calendar"]:
            self._note("calendar", _("is needed to know the hours"))

    def _read_rule(self, folder: Folder) -> None:
        said = self.said["rule"]
        assert isinstance(said, dict)
        try:
            self.rule = parse_rule(said)
        except InvalidError as error:
            self._problems += [
                FieldProblem(f"rule.{each.path}".rstrip("."), each.message) for each in error.fields
            ]
            return
        self._problems += condition_problems(folder, self.rule.when, f"rule.{self.rule.when.join}")

    def _owner(self, folder: Folder, name: str) -> User | None:
        if not name:
            return None
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None or not can(found, Action.VIEW, folder.pk):
            self._note("owner", _("is nobody of this folder: “%(name)s”") % {"name": name})
        return found

    def _named(self, model: Any, folder: Folder, field: str, missing: str) -> Any:
        key = str(self.said[field])
        found = model.objects.filter(folder=folder, key=key).first() if key else None
        if key and found is None:
            self._note(field, missing % {"key": key})
        return found

    def _note(self, path: str, message: str) -> None:
        self._problems.append(FieldProblem(path, message))


def completed(rule: AlertRule | None, given: Mapping[str, Any]) -> JsonObject:
    """Return the whole definition: what is given, else what is stored, else what is usual."""
    insist([FieldProblem(name[:60], _("is unknown")) for name in given if name not in FIELDS])
    return {**(definition_of(rule) if rule else DEFAULTS), **given}


def definition_of(rule: AlertRule) -> JsonObject:
    """Return all that people edit of a rule, as the API says it."""
    named: dict[str, Json] = {
        "calendar": rule.calendar.key if rule.calendar else "",
        "owner": rule.owner.username if rule.owner else "",
        "team": rule.team.key if rule.team else "",
    }
    return {name: named[name] if name in named else getattr(rule, name) for name in FIELDS}


def changes_between(before: JsonObject, after: JsonObject) -> list[JsonObject]:
    """Return `{field, before, after}` for each field that differs."""
    return [
        {"field": name, "before": before.get(name), "after": after[name]}
        for name in FIELDS
        if before.get(name) != after[name]
    ]


def condition_problems(folder: Folder, group: Group, path: str) -> Iterator[FieldProblem]:
    """Yield what conditions are about that there is not; `path`: where the group's list stands."""
    for number, member in enumerate(group.members):
        at = f"{path}.{number}"
        if isinstance(member, Group):
            yield from condition_problems(folder, member, f"{at}.{member.join}")
        else:
            yield from _test_problems(folder, member, at)


def insist(problems: list[FieldProblem]) -> None:
    if problems:
        said = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:5])
        raise InvalidError(said, fields=problems)


def _test_problems(folder: Folder, condition: Condition, at: str) -> Iterator[FieldProblem]:
    test = condition.test
    if isinstance(test, OfFlow):
        if not WorkQueue.objects.filter(folder=folder, key=test.queue).exists():
            words = {"key": test.queue}
            message = _("There is no queue “%(key)s” in this folder.") % words
            yield FieldProblem(f"{at}.queue", message)
    elif isinstance(test, OfBots):
        if test.pool and not BotPool.objects.filter(folder=folder, key=test.pool).exists():
            message = _("There is no pool “%(key)s” in this folder.") % {"key": test.pool}
            yield FieldProblem(f"{at}.pool", message)
    elif not isinstance(test, OfCheckIn | OfFailures):
        # judged as state triggers judge it
        rule: JsonObject = {"all": [test.as_json()]}
        for each in rule_problems(folder, {"kind": "state", "rule": rule}):
            yield FieldProblem(at + each.path.removeprefix("rule.all.0"), each.message)


def _plain_problems(said: JsonObject) -> Iterator[FieldProblem]:
    """What is wrong with each value by itself."""
    for name, value in said.items():
        why = _why_not(name, value)
        if why:
            yield FieldProblem(name, why)
    title = said["title"]
    if isinstance(title, str) and not title.strip():
        yield FieldProblem("title", _("is missing"))


def _why_not(name: str, value: Json) -> str:
    if name in CHOICES:
        known = ", ".join(CHOICES[name])
        return "" if value in CHOICES[name] else _("must be one of: %(known)s") % {"known": known}
    if name in TEXTS:
        problem = _text_problem(value, TEXTS[name])
        return problem or (_address_problem(str(value)) if name == "runbook_url" else "")
    return _object_problem(value)


def _text_problem(value: Json, longest: int) -> str:
    if not isinstance(value, str) or "\x00" in value:
        return _("must be text")
    return "" if len(value) <= longest else _("is longer than %(n)d characters") % {"n": longest}


def _address_problem(value: str) -> str:
    if not value:
        return ""
    try:
        web_address(value)
    except ValidationError:
        return _("must be an address that begins with https:// or http://")
    return ""


def _object_problem(value: Json) -> str:
    if not isinstance(value, dict):
        return _("must be an object")
    try:
        check_json(value)
    except DomainError as error:
        return str(error)
    return ""
