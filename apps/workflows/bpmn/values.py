"""Expressions, texts and numbers in a model: compiled, or reported with the line they stand in.

Where nothing is there to read, the part is None and so is the answer.
"""

import math
import re
from typing import Any

from apps.lib.errors import DomainError
from apps.lib.feel import Expression, FeelSyntaxError, compile_expression
from apps.lib.json import parse_json
from apps.lib.numbers import whole_number
from apps.lib.texts import gettext as _
from apps.workflows.graph import Constant, Given

from .parts import Part

_NAME = re.compile(r"[^\W\d]\w*")
MOST = 999_999_999  # as a whole number may be, where nothing else is said
MAX_TEXT = 20_000  # characters of one expression
MAX_JSON = 1_000_000  # bytes of one form or schema
NOT_FEEL = frozenset({"http://www.w3.org/1999/XPath", "juel", "java", "javascript", "groovy"})


def expression_in(part: Part | None, attribute: str, what: str) -> Expression | None:
    """Return what must be an expression, with or without its =. None: missing, or reported."""
    return expression(part.element.get(attribute) or "", part, what) if part else None


def expression_of(part: Part | None, what: str) -> Expression | None:
    """Return the text of a formal expression, compiled. None: empty, or reported."""
    if part is None:
        return None
    language = part.get("language")
    if language and "feel" not in language.lower():
        part.error(
            _("%(what)s is written in %(language)s.") % {"what": what, "language": language[:60]},
            _("Write it in FEEL."),
        )
        return None
    return expression(part.text, part, what)


def expression(text: str, part: Part, what: str) -> Expression | None:
    """Compile `text`; problems name `what`. None: empty, or reported."""
    stripped = text.strip()
    source = stripped.removeprefix("=").strip()
    if not source:
        return None
    if stripped.startswith(("${", "#{")):
        part.error(
            _("%(what)s, %(text)s, is an expression of Camunda 7.") % _words(what, stripped),
            _("Write it in FEEL, beginning with =."),
        )
        return None
    if len(source) > MAX_TEXT:
        part.error(
            _("%(what)s is longer than %(n)d characters.") % {"what": what, "n": MAX_TEXT},
            _("Put what is long into variables or a decision."),
        )
        return None
    return _compiled(source, text, part, what)


def _compiled(source: str, text: str, part: Part, what: str) -> Expression | None:
    try:
        compiled = compile_expression(source)
    except FeelSyntaxError as error:
        before = text[: text.index(source)].count("\n")
        is_text = bool(part.text.strip())
        line = part.line + (before + error.line - 1 if is_text else 0)
        words = _words(what, source) | {"reason": str(error.message).rstrip(".")}
        part.error(
            _("%(what)s, %(text)s, is not FEEL: %(reason)s.") % words,
            _("Correct the expression."),
            line=line,
        )
        return None
    # variables are JSON, which holds no functions
    for name in sorted(compiled.calls):
        words = _words(what, source) | {"name": name}
        part.error(
            _("%(what)s, %(text)s, calls “%(name)s”, which is no function here.") % words,
            _("Use the functions of FEEL, or let a bot work it out."),
        )
    return compiled


def _words(what: str, text: str) -> dict[str, str]:
    shown = " ".join(text.split())
    return {"what": what, "text": f"“{shown[:80]}{'…' if len(shown) > 80 else ''}”"}


def given(part: Part | None, attribute: str, what: str) -> Given | None:
    """Return an attribute: an expression if it begins with =, else its text. None: missing."""
    return given_text(part.element.get(attribute) or "", part, what) if part else None


def given_text(text: str, part: Part, what: str) -> Given | None:
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.startswith(("=", "${", "#{")):
        return expression(stripped, part, what)
    return Constant(stripped)


def given_number(
    part: Part | None, attribute: str, what: str, *, least: int = 0, most: int | None = None
) -> Given | None:
    """Return an attribute that is an expression or a whole number."""
    value = given(part, attribute, what)
    if not isinstance(value, Constant):
        return value
    number = whole(part, attribute, what, least=least, most=most)
    return None if number is None else Constant(number)


def given_list(part: Part | None, attribute: str, what: str) -> Given | None:
    """Return an attribute that is an expression, or texts with commas between them."""
    value = given(part, attribute, what)
    if not isinstance(value, Constant):
        return value
    texts = [text.strip() for text in str(value.value).split(",")]
    return Constant([text for text in texts if text])


def whole(
    part: Part | None, attribute: str, what: str, *, least: int = 0, most: int | None = None
) -> int | None:
    """Return an attribute that is a whole number. None: missing, or reported."""
    text = part.get(attribute) if part else ""
    if part is None or not text:
        return None
    number = whole_number(text, below=MOST + 1)
    if number is None or number < least or (most is not None and number > most):
        bounds = _("from %(least)d to %(most)d") % {"least": least, "most": most or MOST}
        _refuse_number(part, what, text, bounds)
        return None
    return number


def decimal(
    part: Part | None, attribute: str, what: str, *, least: float = 0.0, most: float = 1e9
) -> float | None:
    """Return an attribute that is a number. None: missing, or reported."""
    text = part.get(attribute) if part else ""
    if part is None or not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        _refuse_number(
            part, what, text, _("from %(least)g to %(most)g") % {"least": least, "most": most}
        )
        return None
    return number


def _refuse_number(part: Part, what: str, text: str, bounds: str) -> None:
    words = {"what": what, "text": text[:40], "bounds": bounds}
    part.error(_("%(what)s, “%(text)s”, is not a number %(bounds)s.") % words, _("Correct it."))


def variable(part: Part | None, attribute: str, what: str) -> str:
    """Return an attribute that names a variable, "" where it is missing, or was reported."""
    name = part.get(attribute).removeprefix("=").strip() if part else ""
    if part is None or not name or _NAME.fullmatch(name):
        return name
    part.error(
        _("%(what)s, “%(text)s”, is no variable.") % {"what": what, "text": name[:80]},
        _("Use a name of letters, digits and _."),
    )
    return ""


def one_of(part: Part | None, attribute: str, allowed: tuple[str, ...], what: str) -> str | None:
    """Return an attribute that is one of some words. None: missing, or reported."""
    text = part.get(attribute) if part else ""
    if part is None or not text or text in allowed:
        return text or None
    words = {"what": what, "text": text[:40], "allowed": ", ".join(allowed)}
    part.error(_("%(what)s is “%(text)s”; it can be: %(allowed)s.") % words, _("Correct it."))
    return None


def json_object(part: Part, what: str) -> dict[str, Any] | None:
    """Return the text of an element as a JSON object. None: reported."""
    try:
        value = parse_json(part.text.encode(), max_bytes=MAX_JSON)
    except DomainError as error:
        part.error(
            _("%(what)s can't be read: %(reason)s") % {"what": what, "reason": error.message}
        )
        return None
    if not isinstance(value, dict):
        part.error(_("%(what)s is no JSON object.") % {"what": what})
        return None
    return value
