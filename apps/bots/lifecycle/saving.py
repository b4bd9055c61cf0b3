"""What people set of bots, pools and automations; each change leaves one event."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from apps.bots.capabilities import check_capabilities
from apps.bots.models import MAX_PRIORITY, Automation, Bot, BotPool
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.keys import KEY_RULE, is_key

Values = Mapping[str, Any]
MANY = ("applications", "limits")


def save_bot(bot: Bot, *, capabilities: Iterable[str], by: Actor) -> list[JsonObject]:
    """Say what a bot can do; return what changed. Raises InvalidError naming the field."""
    words = check_capabilities(capabilities)
    return _save(bot, "bot", {"capabilities": words}, by, bot.name)


def save_pool(pool: BotPool, values: Values, *, by: Actor) -> list[JsonObject]:
    """Make a pool, or change one; return what changed. Raises InvalidError naming each field."""
    is_new = pool.pk is None
    for name, value in values.items():
        if is_new:
            setattr(pool, name, value)
    _check_pool(pool, values)
    if not is_new:
        return _save(pool, "bot_pool", values, by, pool.title)
    try:
        with transaction.atomic():
            pool.save(force_insert=True)
            changes: list[JsonObject] = [
                {"field": name, "before": None, "after": value} for name, value in values.items()
            ]
            _record("bot_pool.created", "bot_pool", pool, by, changes)
    except IntegrityError:
        taken = FieldProblem("key", _("Another pool of this folder has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return changes


def save_automation(automation: Automation, values: Values, *, by: Actor) -> list[JsonObject]:
    """Set what an automation needs, how urgent it is, and what binds its single runs.

    `applications` and `limits` are rows of its folder. Raises InvalidError naming the field.
    """
    checked = dict(values)
    if "required_capabilities" in checked:
        words = check_capabilities(checked["required_capabilities"], "required_capabilities")
        checked["required_capabilities"] = words
    if not 0 <= checked.get("priority", 0) <= MAX_PRIORITY:
        problem = FieldProblem("priority", _("must be a number from 0 to %d") % MAX_PRIORITY)
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
    return _save(automation, "automation", checked, by, automation.title)


def _check_pool(pool: BotPool, values: Values) -> None:
    problems = []
    if not is_key(pool.key):
        problems.append(FieldProblem("key", str(KEY_RULE)))
    least = values.get("min_slots", pool.min_slots)
    most = values.get("max_slots", pool.max_slots)
    if most is not None and most < least:
        problems.append(FieldProblem("max_slots", _("must not be below the slots at least")))
    if "\x00" in str(values.get("title", "")):
        problems.append(FieldProblem("title", _("must not contain NUL characters")))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)


@transaction.atomic
def _save(
    row: Bot | BotPool | Automation, subject: str, values: Values, by: Actor, title: str
) -> list[JsonObject]:
    model: type[models.Model] = type(row)
    found: Any = model._default_manager.select_for_update().get(pk=row.pk)
    changes: list[JsonObject] = []
    for name, value in values.items():
        before = _of(found, name)
        after = sorted(str(each) for each in value) if name in MANY else value
        if before != after:
            changes.append({"field": name, "before": before, "after": after})
    for change in changes:
        name = str(change["field"])
        if name in MANY:
            getattr(found, name).set(values[name])
        else:
            setattr(found, name, values[name])
            setattr(row, name, values[name])
    if changes:
        found.save(update_fields=[each for each in _names(changes) if each not in MANY])
        _record(f"{subject}.changed", subject, row, by, changes, title)
    return changes


def _names(changes: Collection[JsonObject]) -> list[str]:
    return [str(change["field"]) for change in changes]


def _of(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return sorted(str(each) for each in value.all()) if name in MANY else value


def _record(  # noqa: PLR0913 - what an event is made of
    kind: str,
    subject: str,
    row: Bot | BotPool | Automation,
    by: Actor,
    changes: list[JsonObject],
    title: str = "",
) -> None:
    publish(
        kind,
        subject=(subject, row.pk),
        folder_id=row.folder_id,
        by=by,
        data={"title": title or str(row), "changes": list[Json](changes)},
        topics=["bots"],
    )
