"""What people say about an event trigger: where it listens, and to what. Every field is checked.

{"source": "webhook", "tolerance_seconds"?: 300, "filter"?}
{"source": "internal", "events": ["queue.paused", …], "of"?: key, "filter"?}
{"source": "file", "folder", "pattern"?: "*", "settle_seconds"?: 2, "then"?: "move", "filter"?}
{"source": "mail", "credential", "host", "port"?: 993, "tls"?: "tls", "mailbox"?: "INBOX",
 "from"?, "subject"?, "filter"?}
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.assets.models import Asset
from apps.lib.errors import FieldProblem
from apps.lib.json import Json, JsonObject
from apps.triggers.models import Trigger

from .filtering import filter_problem
from .happenings import KINDS

DEFAULT_TOLERANCE: Final = 300
DEFAULT_SETTLE: Final = 2
IMAPS_PORT, IMAP_PORT = 993, 143
MAX_PATTERN: Final = 200
SOURCES: Final = ("webhook", "internal", "file", "mail")
THEN: Final = ("move", "keep", "delete")
TLS: Final = ("tls", "starttls", "none")
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "webhook": frozenset({"tolerance_seconds"}),
    "internal": frozenset({"events", "of"}),
    "file": frozenset({"folder", "pattern", "settle_seconds", "then"}),
    "mail": frozenset({"credential", "host", "port", "tls", "mailbox", "from", "subject"}),
}
COMMON: Final = frozenset({"source", "filter"})
HOST: Final = re.compile(r"[A-Za-z0-9.:-]{1,253}", re.ASCII)

Problems = Iterator[FieldProblem]


def event_rule_problems(
    folder: Folder, rule: JsonObject, target: Json = None
) -> list[FieldProblem]:
    """Return what is wrong with the rule of an event trigger, at `rule.<field>`.

    `target` is what the trigger starts: a file that is deleted must be attached to something.
    """
    source = rule.get("source")
    if source not in SOURCES:
        return [FieldProblem("rule.source", _one_of(SOURCES))]
    known = FIELDS[str(source)] | COMMON
    unknown = [name for name in rule if name not in known]
    if unknown:
        return [FieldProblem(f"rule.{name}"[:200], _("is unknown")) for name in unknown]
    found = [*CHECKS[str(source)](folder, rule, target)]
    wrong_filter = filter_problem(rule.get("filter", ""))
    return [
        FieldProblem(f"rule.{each.path}", each.message)
        for each in [*found, *([wrong_filter] if wrong_filter else [])]
    ]


def whole_number(rule: JsonObject, name: str, default: int) -> int:
    """Return a number of a rule that was checked, or what it is worth unsaid."""
    found = rule.get(name, default)
    return found if isinstance(found, int) else default


def text(rule: JsonObject, name: str, default: str = "") -> str:
    """Return a text of a rule that was checked, or what it is worth unsaid."""
    return str(rule.get(name) or default)


def _webhook(_folder: Folder, rule: JsonObject, _target: Json) -> Problems:
    yield from _number(rule, "tolerance_seconds", 10, 3_600)


def _internal(_folder: Folder, rule: JsonObject, _target: Json) -> Problems:
    events = rule.get("events")
    if not isinstance(events, list) or not events:
        yield FieldProblem("events", _("must name at least one event"))
        return
    strange = [each for each in events if not isinstance(each, str) or each not in KINDS]
    if strange:
        words = {"name": str(strange[0])[:80], "known": ", ".join(KINDS)}
        yield FieldProblem("events", _("“%(name)s” is none of: %(known)s") % words)
    yield from _text(rule, "of", MAX_PATTERN)


def _file(folder: Folder, rule: JsonObject, target: Json) -> Problems:
    named = [*_folder_name(rule.get("folder"))]
    yield from named or _foreign(folder, str(rule.get("folder")))
    yield from _text(rule, "pattern", MAX_PATTERN)
    if "/" in str(rule.get("pattern", "")):
        yield FieldProblem("pattern", _("is for names of files: it may not have a /"))
    yield from _number(rule, "settle_seconds", 1, 3_600)
    yield from _choice(rule, "then", THEN)
    adds_items = isinstance(target, dict) and target.get("type") == "items"
    if rule.get("then") == "delete" and target is not None and not adds_items:
        message = _("needs a target that adds items: the file is kept with them")
        yield FieldProblem("then", message)


def _mail(folder: Folder, rule: JsonObject, _target: Json) -> Problems:
    yield from _credential(folder, rule.get("credential"))
    yield from _host(rule)
    yield from _number(rule, "port", 1, 65_535)
    yield from _choice(rule, "tls", TLS)
    for name in ("mailbox", "from", "subject"):
        yield from _text(rule, name, MAX_PATTERN)
    if rule.get("tls") == "none" and not is_this_machine(str(rule.get("host", ""))):
        message = _("“none” is for this machine alone: the password would be read on the way")
        yield FieldProblem("tls", message)


CHECKS: Final[Mapping[str, Callable[[Folder, JsonObject, Json], Problems]]] = {
    "webhook": _webhook,
    "internal": _internal,
    "file": _file,
    "mail": _mail,
}


def is_this_machine(host: str) -> bool:
    return host.lower() in ("localhost", "127.0.0.1", "::1")


def _folder_name(said: Any) -> Problems:
    if not isinstance(said, str) or not said or len(said) > MAX_PATTERN:
        yield FieldProblem("folder", _("must name a folder below WATCHED_DIR"))
        return
    parts = said.split("/")
    is_plain = all(part and not part.startswith(".") and part.isprintable() for part in parts)
    if not is_plain or "\\" in said:
        message = _("must be a path below WATCHED_DIR such as invoices/in, without “..”")
        yield FieldProblem("folder", message)


def _foreign(folder: Folder, path: str) -> Problems:
    """What lies where another folder's triggers look is theirs alone."""
    others = Trigger.objects.exclude(folder=folder).filter(
        Q(kind=Trigger.Kind.EVENT, rule__source="file")
        | Q(kind=Trigger.Kind.EXPECTED, rule__expects__has_key="file")
    )
    for rule in others.values_list("rule", flat=True).iterator():
        said = rule.get("expects", {}).get("file", rule).get("folder", "")
        if f"{path}/".startswith(f"{said}/") or f"{said}/".startswith(f"{path}/"):
            yield FieldProblem("folder", _("is watched by triggers of another folder"))
            return


def _credential(folder: Folder, said: Any) -> Problems:
    is_text = isinstance(said, str) and said.isprintable()
    found = Asset.objects.filter(folder=folder, key=said).first() if is_text else None
    if found is None:
        yield FieldProblem("credential", _("must be the key of a credential of this folder"))
    elif found.kind != Asset.Kind.CREDENTIAL:
        message = _("“%(title)s” is no credential, with a user name and a password")
        yield FieldProblem("credential", message % {"title": found.title})


def _host(rule: JsonObject) -> Problems:
    said = rule.get("host")
    if not isinstance(said, str) or not HOST.fullmatch(said):
        yield FieldProblem("host", _("must be the name of a mail server"))
    elif said.lower() not in settings.MAIL_HOSTS:
        message = _("is not among the mail servers that whoever runs the control room allows")
        yield FieldProblem("host", message + " (MAIL_HOSTS)")


def _number(rule: JsonObject, name: str, least: int, most: int) -> Problems:
    value = rule.get(name, least)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        words = {"least": least, "most": most}
        yield FieldProblem(name, _("must be a whole number from %(least)d to %(most)d") % words)


def _text(rule: JsonObject, name: str, longest: int) -> Problems:
    value = rule.get(name, "")
    if not isinstance(value, str) or not value.isprintable():
        yield FieldProblem(name, _("must be text of one line"))
    elif len(value) > longest:
        yield FieldProblem(name, _("is longer than %(n)d characters") % {"n": longest})


def _choice(rule: JsonObject, name: str, known: tuple[str, ...]) -> Problems:
    if rule.get(name, known[0]) not in known:
        yield FieldProblem(name, _one_of(known))


def _one_of(known: tuple[str, ...]) -> str:
    return _("must be one of: %(known)s") % {"known": ", ".join(known)}
