"""Rules are made, changed, switched and removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.alerts.definitions import (
    Checked,
    changes_between,
    completed,
    definition_of,
    insist,
)
from apps.alerts.models import Alert, AlertRule
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem
from apps.lib.json import Json, JsonObject
from apps.lib.keys import KEY_RULE, is_key

from .looking import calm, end_alert
from .recording import record_rule

MAX_KEY: Final = 100
PLAIN: Final = (
    "title", "description", "rule", "severity", "runbook_url", "group", "outside_hours",
)  # fmt: skip
# What an open alert shows of its rule, and goes by
SHOWN: Final = ("title", "severity", "runbook_url", "group")


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The rule as it is stored now; `changes` is empty when it said the same already."""

    rule: AlertRule
    changes: list[JsonObject]
    is_new: bool


def save_rule(
    folder: Folder,
    key: str,
    definition: Mapping[str, Any],
    *,
    by: Actor,
    version: int | None = None,
) -> Saved:
    """Make the rule `key` or change it; what `definition` leaves out stays as it is.

    `version`: the one that was shown, 0 for a new rule, None for whatever there is; another one
    raises ConflictError. Raises InvalidError naming each field that does not fit. A new one is on
    at once. With other conditions it begins anew: its open alert ends.
    """
    if not is_key(key) or len(key) > MAX_KEY:
        insist([FieldProblem("key", str(KEY_RULE))])
    try:
        with transaction.atomic():
            return _save(folder, key, definition, by, version)
    except IntegrityError:
        # somebody else made one of that key a moment ago
        raise ConflictError(_("Somebody else has just made this rule.")) from None


@transaction.atomic
def switch_rule(rule: AlertRule, *, on: bool, by: Actor) -> AlertRule:
    """Switch it on or off; off, its open alert ends. Twice the same is once."""
    status = AlertRule.Status.ON if on else AlertRule.Status.OFF
    found = AlertRule.objects.select_for_update().get(pk=rule.pk)
    if found.status == status:
        return rule
    _begin_anew(found)
    AlertRule.objects.filter(pk=rule.pk).update(status=status, updated_at=Now())
    record_rule("switched_on" if on else "switched_off", found, by)
    rule.refresh_from_db()
    return rule


@transaction.atomic
def remove_rule(rule: AlertRule, *, by: Actor) -> None:
    """Remove it; what fired stays in the list, and what is open ends."""
    found = AlertRule.objects.select_for_update().get(pk=rule.pk)
    _begin_anew(found)
    record_rule("removed", found, by, {"key": found.key, "definition": definition_of(found)})
    found.delete()


def _save(
    folder: Folder, key: str, definition: Mapping[str, Any], by: Actor, version: int | None
) -> Saved:
    rows = AlertRule.objects.filter(folder=folder, key=key)
    known: AlertRule | None = (
        rows.select_for_update(of=("self",)).select_related("owner", "team", "calendar").first()
    )
    _insist_on_version(known, version)
    wanted = completed(known, definition)
    before = definition_of(known) if known else {}
    changes = changes_between(before, wanted)
    if known and not changes:
        return Saved(rule=known, changes=[], is_new=False)
    checked = Checked(folder, wanted)
    row = known or AlertRule(folder=folder, key=key, version=0)
    if known and before["rule"] != wanted["rule"]:
        _begin_anew(known)
        row.phase, row.phase_since = AlertRule.Phase.CALM, None
    for name in PLAIN:
        setattr(row, name, wanted[name])
    row.owner, row.team, row.calendar = checked.owner, checked.team, checked.calendar
    row.version += 1
    row.updated_at = Now()
    row.save()
    row = rows.select_related("folder", "owner", "team", "calendar").get()
    told: JsonObject = {"version": row.version, "changes": list[Json](changes)}
    record_rule("changed" if known else "created", row, by, told)
    if known:
        _follow(row)
    return Saved(rule=row, changes=changes, is_new=known is None)


def _follow(rule: AlertRule) -> None:
    """Have its open alert show what the rule says now."""
    said = {name: getattr(rule, name) for name in SHOWN}
    Alert.objects.open().filter(rule=rule).update(**said)


def _begin_anew(rule: AlertRule) -> None:
    for alert in Alert.objects.open().filter(rule=rule):
        end_alert(alert, Alert.End.CHANGED)
    calm([rule.pk])


def _insist_on_version(known: AlertRule | None, version: int | None) -> None:
    there = known.version if known else 0
    if version is None or version == there:
        return
    if version == 0:
        message = _("There is a rule with this key already.")
        raise ConflictError(message, fields=[FieldProblem("key", message)])
    if known is None:
        raise ConflictError(_("This rule is gone."))
    words = {"version": version, "there": there}
    raise ConflictError(
        _("Somebody changed this rule meanwhile: you saw version %(version)d, it is %(there)d.")
        % words
    )
