"""Error rules of a queue: what to do about an exception, decided outside the bot.

A rule is `{"when": {…}, "then": …}`. `when` may hold `class` (business or application), `code`
and `error_class` (exact, or with * and ?), and `attempt_at_least`; what it leaves out matches
everything. `then` is "retry", "skip", "person", "fail" or "pause_queue", or with particulars
`{"retry": {"delay_seconds": 60, "backoff": "exponential", "max_attempts": 5}}`. The first rule
that matches decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, cast, get_args

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json
from apps.lib.texts import gettext as _

from .retries import MAX_DELAY_SECONDS, Backoff

FailureKind = Literal["business", "application"]
Action = Literal["retry", "skip", "person", "fail", "pause_queue"]

FIELD = "error_rules"
MAX_RULES = 50
MAX_PATTERN = 200
MAX_ATTEMPTS = 100

WHEN_KEYS = {"class", "code", "error_class", "attempt_at_least"}
RETRY_KEYS = {"delay_seconds", "backoff", "max_attempts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """One rule; None means "whatever the queue says"."""

    action: Action
    kind: FailureKind | None = None
    code: str | None = None
    error_class: str | None = None
    attempt_at_least: int = 1
    delay_seconds: float | None = None
    backoff: Backoff | None = None
    max_attempts: int | None = None

    def matches(self, *, kind: FailureKind, code: str, error_class: str, tries: int) -> bool:
        """Say whether this rule decides about the failure of the `tries`-th try."""
        return (
            self._matches_kind(kind)
            and tries >= self.attempt_at_least
            and (self.code is None or fnmatchcase(code, self.code))
            and (self.error_class is None or self._matches_class(error_class))
        )

    def _matches_kind(self, kind: FailureKind) -> bool:
        """Wrong data is tried again only by a rule that names it."""
        if self.kind is None:
            return self.action != "retry" or kind == "application"
        return self.kind == kind

    def _matches_class(self, error_class: str) -> bool:
        short = error_class.rpartition(".")[2]
        pattern = self.error_class or "*"
        return fnmatchcase(error_class, pattern) or fnmatchcase(short, pattern)


def parse_rules(value: Json) -> tuple[ErrorRule, ...]:
    """Return the rules that `value` holds; raises InvalidError naming each wrong field."""
    if not isinstance(value, list) or len(value) > MAX_RULES:
        problem = FieldProblem(FIELD, _("must be a list of at most %(n)d rules") % {"n": MAX_RULES})
        raise InvalidError(f"{FIELD}: {problem.message}.", fields=[problem])
    problems = [
        found for at, rule in enumerate(value) for found in _problems(rule, f"{FIELD}.{at}")
    ]
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    return tuple(_rule(cast(dict[str, Any], rule)) for rule in value)


def read_rules(value: Json) -> tuple[ErrorRule, ...]:
    """Return the stored rules that can be used. An item must not get stuck on a broken one."""
    rules = value if isinstance(value, list) else []
    good = [rule for rule in rules[:MAX_RULES] if not any(_problems(rule, FIELD))]
    return tuple(_rule(cast(dict[str, Any], rule)) for rule in good)


def _rule(value: dict[str, Any]) -> ErrorRule:
    when = value.get("when") or {}
    then = value["then"]
    retry = then["retry"] if isinstance(then, dict) else {}
    return ErrorRule(
        action="retry" if isinstance(then, dict) else then,
        kind=when.get("class"),
        code=when.get("code"),
        error_class=when.get("error_class"),
        attempt_at_least=when.get("attempt_at_least", 1),
        delay_seconds=retry.get("delay_seconds"),
        backoff=retry.get("backoff"),
        max_attempts=retry.get("max_attempts"),
    )


def _problems(rule: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(rule, dict):
        yield FieldProblem(at, _("must be an object with “when” and “then”"))
        return
    yield from _unknown(rule, {"when", "then"}, at)
    when = rule.get("when", {})
    if isinstance(when, dict):
        yield from _when_problems(when, f"{at}.when")
    else:
        yield FieldProblem(f"{at}.when", _("must be an object"))
    yield from _then_problems(rule.get("then"), f"{at}.then")


def _when_problems(when: dict[str, Any], at: str) -> Iterator[FieldProblem]:
    yield from _unknown(when, WHEN_KEYS, at)
    if when.get("class", "business") not in get_args(FailureKind):
        yield FieldProblem(f"{at}.class", _("must be business or application"))
    for key in ("code", "error_class"):
        pattern = when.get(key, "*")
        if not isinstance(pattern, str) or not 0 < len(pattern) <= MAX_PATTERN:
            message = _("must be text of 1 to %(n)d characters") % {"n": MAX_PATTERN}
            yield FieldProblem(f"{at}.{key}", message)
    yield from _number(when, "attempt_at_least", at, low=1, high=MAX_ATTEMPTS)


def _then_problems(then: Any, at: str) -> Iterator[FieldProblem]:
    if isinstance(then, dict):
        yield from _unknown(then, {"retry"}, at)
        if isinstance(then.get("retry"), dict):
            yield from _retry_problems(then["retry"], f"{at}.retry")
        else:
            yield FieldProblem(f"{at}.retry", _("must be an object"))
    elif then not in get_args(Action):
        choices = ", ".join(get_args(Action))
        yield FieldProblem(at, _("must be one of %(choices)s") % {"choices": choices})


def _retry_problems(retry: dict[str, Any], at: str) -> Iterator[FieldProblem]:
    yield from _unknown(retry, RETRY_KEYS, at)
    delay = retry.get("delay_seconds", 0)
    if (
        isinstance(delay, bool)
        or not isinstance(delay, int | float)
        or not (0 <= delay <= MAX_DELAY_SECONDS)
    ):
        message = _("must be a number from 0 to %(high)d") % {"high": MAX_DELAY_SECONDS}
        yield FieldProblem(f"{at}.delay_seconds", message)
    yield from _number(retry, "max_attempts", at, low=1, high=MAX_ATTEMPTS)
    if retry.get("backoff", "fixed") not in get_args(Backoff):
        yield FieldProblem(f"{at}.backoff", _("must be fixed or exponential"))


def _number(
    values: dict[str, Any], key: str, at: str, *, low: int, high: int
) -> Iterator[FieldProblem]:
    number = values.get(key, low)
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    if not is_whole or not low <= number <= high:
        message = _("must be a whole number from %(low)d to %(high)d") % {"low": low, "high": high}
        yield FieldProblem(f"{at}.{key}", message)


def _unknown(value: dict[str, Any], known: set[str], at: str) -> Iterator[FieldProblem]:
    for key in sorted(value.keys() - known):
        names = ", ".join(sorted(known))
        yield FieldProblem(f"{at}.{key}", _("is not known here; use %(names)s") % {"names": names})
