"""What an automation asks of people about an item: checked where it comes in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.schema import check_schema
from apps.lib.texts import gettext as _

KNOWN = {"key", "title", "text", "form", "values", "decisions", "offered_to", "due_seconds"}
MAX_TITLE, MAX_TEXT, MAX_DECISIONS, MAX_OFFERED, MAX_NAME = 300, 8_000, 10, 50, 60
LONGEST_DUE_SECONDS = 366 * 86_400

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: its key tells it from others about the same item."""

    key: str
    title: str
    text: str = ""
    form: JsonObject
    values: JsonObject
    decisions: tuple[JsonObject, ...] = ()
    offered_to: tuple[str, ...] = ()
    due_seconds: float | None = None


def parse_question(value: Json, at: str = "question") -> Question:
    """Return the question that `value` holds; raises InvalidError naming each wrong field."""
    problems = list(_problems(value, at))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    assert isinstance(value, dict)
    return _question(value)


def read_question(value: Any) -> Question:
    """Return the stored question, as far as it can be read: somebody must be asked."""
    said = value if isinstance(value, dict) else {}
    wrong = {problem.path.split(".")[0] for problem in _problems(said, "")} if said else set()
    good = {key: each for key, each in said.items() if key in KNOWN and key not in wrong}
    return _question({"key": "question", "title": "", **good})


def _question(value: Mapping[str, Any]) -> Question:
    return Question(
        key=value["key"],
        title=value["title"],
        text=value.get("text") or "",
        form=value.get("form") or {},
        values=value.get("values") or {},
        decisions=tuple(value.get("decisions") or ()),
        offered_to=tuple(value.get("offered_to") or ()),
        due_seconds=value.get("due_seconds"),
    )


def _problems(value: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(value, dict):
        yield FieldProblem(at, _("must be an object with “key” and “title”"))
        return
    path = f"{at}." if at else ""
    for key in sorted(value.keys() - KNOWN):
        message = _("is not known here; use %(names)s") % {"names": ", ".join(sorted(KNOWN))}
        yield FieldProblem(f"{path}{key}", message)
    yield from _word_problems(value, path)
    yield from _form_problems(value, path)
    yield from _decision_problems(value.get("decisions") or [], f"{path}decisions")
    yield from _offer_problems(value.get("offered_to") or [], f"{path}offered_to")
    due = value.get("due_seconds")
    if due is not None and not _is_duration(due):
        message = _("must be a number of seconds, at most a year")
        yield FieldProblem(f"{path}due_seconds", message)


def _word_problems(value: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    if not isinstance(value.get("key"), str) or not KEY.fullmatch(value["key"]):
        message = _("must be a name of letters, digits, and . _ : / - (at most 100)")
        yield FieldProblem(f"{path}key", message)
    if not _is_text(value.get("title"), MAX_TITLE) or not value["title"].strip():
        message = _("must be text of 1 to %(n)d characters") % {"n": MAX_TITLE}
        yield FieldProblem(f"{path}title", message)
    if not _is_text(value.get("text") or "", MAX_TEXT):
        message = _("must be text of at most %(n)d characters") % {"n": MAX_TEXT}
        yield FieldProblem(f"{path}text", message)


def _form_problems(value: Mapping[str, Any], path: str) -> Iterator[FieldProblem]:
    form = value.get("form") or {}
    if isinstance(form, dict):
        for problem in check_schema(form):
            yield FieldProblem(f"{path}form.{problem.path}".rstrip("."), problem.message)
    else:
        yield FieldProblem(f"{path}form", _("must be a JSON Schema"))
    if not isinstance(value.get("values") or {}, dict):
        yield FieldProblem(f"{path}values", _("must be an object"))


def _decision_problems(decisions: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(decisions, list) or len(decisions) > MAX_DECISIONS:
        message = _("must be a list of at most %(n)d decisions") % {"n": MAX_DECISIONS}
        yield FieldProblem(at, message)
        return
    seen = set()
    for index, said in enumerate(decisions):
        key = said.get("key") if isinstance(said, dict) else None
        if not isinstance(key, str) or not KEY.fullmatch(key) or key in seen:
            yield FieldProblem(f"{at}.{index}", _("must have a “key” that no other has"))
        elif not _is_text(said.get("title") or "", 100):
            yield FieldProblem(f"{at}.{index}.title", _("must be text of at most 100 characters"))
        seen.add(key)


def _offer_problems(offered: Any, at: str) -> Iterator[FieldProblem]:
    if not isinstance(offered, list) or len(offered) > MAX_OFFERED:
        yield FieldProblem(at, _("must be a list of at most %(n)d names") % {"n": MAX_OFFERED})
        return
    for index, token in enumerate(offered):
        if not _is_text(token, MAX_NAME) or not token.strip():
            message = _("must be the name of a team, a role or a person, or like user:5")
            yield FieldProblem(f"{at}.{index}", message)


def _is_duration(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value <= LONGEST_DUE_SECONDS


def _is_text(value: Any, limit: int) -> bool:
    return isinstance(value, str) and len(value) <= limit and "\x00" not in value
