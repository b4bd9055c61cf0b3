"""What people say about a trigger: its fields, what they are worth unsaid, and what may be said."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, User
from apps.accounts.permissions import Action, can
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject, check_json

from .conditions import time_part
from .kinds import WITHOUT_EFFECT, closed_problems, rule_problems
from .loops import loop_problems
from .models import MAX_CATCH_UP, Trigger
from .targets import target_problems
from .times import calendar_said, time_rule
from .timing import TimeRule

# In the words of the API; a calendar by its key, an owner by user name, "" for none
DEFAULTS: Final[JsonObject] = {
    "title": "",
    "description": "",
    "kind": Trigger.Kind.TIME.value,
    "rule": {},
    "target": {},
    "overlap": Trigger.Overlap.SKIP.value,
    "missed": Trigger.Missed.RUN_ONCE.value,
    "max_catch_up": 10,
    "calendar": "",
    "on_closed": Trigger.OnClosed.IGNORE.value,
    "disable_after_failures": 10,
    "owner": "",
}
# What came in is not left out because the one before is still under way
USUAL_OF_KIND: Final[Mapping[str, JsonObject]] = {
    Trigger.Kind.EVENT: {"overlap": Trigger.Overlap.ALLOW.value}
}
FIELDS: Final = tuple(DEFAULTS)
CHOICES: Final[Mapping[str, list[Any]]] = {
    "kind": Trigger.Kind.values,
    "overlap": Trigger.Overlap.values,
    "missed": Trigger.Missed.values,
    "on_closed": Trigger.OnClosed.values,
}
# least and most
NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "max_catch_up": (1, MAX_CATCH_UP),
    "disable_after_failures": (0, 1_000),
}
TEXTS: Final[Mapping[str, int]] = {
    "title": 150,
    "description": 5_000,
    "calendar": 60,
    "owner": 150,
}
MAX_KEY = 100


class Checked:
    """A definition that holds: what its names stand for, and its times if its kind has any."""

    def __init__(self, folder: Folder, key: str, said: JsonObject) -> None:
        """Raises InvalidError naming each field that does not fit."""
        self.said = said
        self.calendar: Calendar | None = None
        self.owner: User | None = None
        self.rule: TimeRule | None = None
        self._problems = [*_plain_problems(said)]
        if not self._problems:
            self._look_up(folder)
        if not self._problems:
            self._problems = loop_problems(folder, key, said)
        insist(self._problems)

    def _look_up(self, folder: Folder) -> None:
        try:
            self.calendar = calendar_said(folder, self.said["calendar"])
        except InvalidError as error:
            self._problems += error.fields
        if self.calendar is None and self.said["on_closed"] != Trigger.OnClosed.IGNORE:
            problem = FieldProblem("calendar", _("is needed to know which days are closed"))
            self._problems = self._problems or [problem]
        if self.said["kind"] in Trigger.TIMED:
            self._read_times()
        self._problems += closed_problems(self.said)
        self._problems += rule_problems(folder, self.said)
        kind = str(self.said["kind"])
        self._problems += target_problems(folder, self.said["target"], kind)
        self._find_owner(folder, str(self.said["owner"]))

    def _read_times(self) -> None:
        rule = self.said["rule"]
        assert isinstance(rule, dict)
        if self.said["kind"] == Trigger.Kind.EXPECTED:
            rule = time_part(rule)
        try:
            hours = hours_of(self.calendar) if self.calendar else None
            self.rule = time_rule(rule, hours, str(self.said["on_closed"]))
        except InvalidError as error:
            self._problems += error.fields or [FieldProblem("rule", error.message)]

    def _find_owner(self, folder: Folder, name: str) -> None:
        if not name:
            return
        self.owner = User.objects.filter(username=name, is_active=True).first()
        if self.owner is None or not can(self.owner, Action.VIEW, folder.pk):
            words = {"name": name}
            message = _("is nobody of this folder: “%(name)s”") % words
            self._problems.append(FieldProblem("owner", message))


def completed(trigger: Trigger | None, given: Mapping[str, Any], owner: str) -> JsonObject:
    """Return the whole definition: what is given, else what is stored, else what is usual.

    What has no effect for its kind is what is usual, whatever is said.
    """
    unknown = [FieldProblem(name, _("is unknown")) for name in given if name not in FIELDS]
    insist(unknown)
    usual = {**DEFAULTS, **USUAL_OF_KIND.get(str(given.get("kind")), {}), "owner": owner}
    stored = definition_of(trigger) if trigger else usual
    wanted = {**stored, **given}
    return {**wanted, **WITHOUT_EFFECT.get(str(wanted["kind"]), {})}


def definition_of(trigger: Trigger) -> JsonObject:
    """Return all that people edit of a trigger, as the API says it."""
    named: dict[str, Json] = {
        "calendar": trigger.calendar.key if trigger.calendar else "",
        "owner": trigger.owner.username if trigger.owner else "",
    }
    return {name: named[name] if name in named else getattr(trigger, name) for name in FIELDS}


def changes_between(before: JsonObject, after: JsonObject) -> list[JsonObject]:
    """Return `{field, before, after}` for each field that differs."""
    return [
        {"field": name, "before": before.get(name), "after": after[name]}
        for name in FIELDS
        if before.get(name) != after[name]
    ]


def check_key(key: str) -> None:
    """Raise InvalidError unless `key` can be part of an address."""
    try:
        validate_slug(key)
    except ValidationError:
        insist([FieldProblem("key", _("may have letters, digits, - and _ only"))])
    if len(key) > MAX_KEY:
        insist([FieldProblem("key", _("is longer than %(n)d characters") % {"n": MAX_KEY})])


def insist(problems: list[FieldProblem]) -> None:
    if problems:
        said = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:5])
        raise InvalidError(said, fields=problems)


def _plain_problems(said: JsonObject) -> list[FieldProblem]:
    """What is wrong with each value by itself."""
    problems = []
    for name, value in said.items():
        why = _why_not(name, value)
        if why:
            problems.append(FieldProblem(name, why))
    if not problems and not str(said["title"]).strip():
        problems.append(FieldProblem("title", _("is missing")))
    return problems


def _why_not(name: str, value: Json) -> str:
    if name in CHOICES:
        known = ", ".join(CHOICES[name])
        return "" if value in CHOICES[name] else _("must be one of: %(known)s") % {"known": known}
    if name in NUMBERS:
        return _number_problem(value, *NUMBERS[name])
    if name in TEXTS:
        return _text_problem(value, TEXTS[name])
    return _object_problem(value)


def _number_problem(value: Json, least: int, most: int) -> str:
    is_right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    words = {"least": least, "most": most}
    return "" if is_right else _("must be a whole number from %(least)d to %(most)d") % words


def _text_problem(value: Json, longest: int) -> str:
    if not isinstance(value, str) or "\x00" in value:
        return _("must be text")
    return "" if len(value) <= longest else _("is longer than %(n)d characters") % {"n": longest}


def _object_problem(value: Json) -> str:
    if not isinstance(value, dict):
        return _("must be an object")
    try:
        check_json(value)
    except DomainError as error:
        return str(error)
    return ""
