"""A rule between its JSON and the plain fields that people edit; each way loses nothing."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.lib.json import Json, JsonObject

SECONDS_OF_UNIT = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
LAST = "last"
EVERY = "every"
# counted from a day of their own, if somebody says so
COUNTED = {"interval", "recurring"}


def rule_from(said: Mapping[str, Any]) -> JsonObject:
    """Return the JSON of what was entered: only what its type uses."""
    kind = said["type"]
    parts: dict[str, Any] = {
        "cron": lambda: {"cron": said.get("cron") or ""},
        "interval": lambda: _interval(said),
        "once": lambda: {"at": _moment(said.get("once_at"))},
        "recurring": lambda: _recurring(said),
    }
    rule: JsonObject = {"type": kind, **parts[kind](), "zone": said["zone"]}
    beside: JsonObject = {
        "starts_at": _moment(said.get("starts_at")),
        "ends_at": _moment(said.get("ends_at")),
        "jitter_seconds": said.get("jitter_seconds"),
    }
    if kind in COUNTED:
        beside["anchor"] = _moment(said.get("anchor"))
    return rule | {name: value for name, value in beside.items() if value}


def fields_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that show `rule`; {} for one that has none yet."""
    if not rule:
        return {}
    zone = zone_or_utc(str(rule.get("zone", "")))
    kept = ("type", "zone", "jitter_seconds")
    found: dict[str, Any] = {name: rule[name] for name in kept if rule.get(name)}
    found["once_at"] = _wall(rule.get("at"), zone)
    for name in ("anchor", "starts_at", "ends_at"):
        found[name] = _wall(rule.get(name), zone, is_end=name == "ends_at")
    if rule.get("type") == "interval":
        found |= _every(int(rule.get("seconds") or 0))
    if rule.get("type") == "cron":
        found["cron"] = rule.get("cron")
    if rule.get("type") == "recurring":
        found |= _days(rule)
    return found


def _interval(said: Mapping[str, Any]) -> JsonObject:
    n, unit = said.get("every_n"), said.get("every_unit") or "minutes"
    return {"seconds": n * SECONDS_OF_UNIT[unit] if n else None}


def _recurring(said: Mapping[str, Any]) -> JsonObject:
    freq = said.get("freq") or "daily"
    found: JsonObject = {"freq": freq, "interval": said.get("interval") or 1}
    in_months = freq in {"monthly", "yearly"}
    ordinal = said.get("ordinal") if in_months else ""
    weekdays = list[Json](said.get("weekdays") or [])
    if freq == "weekly" or ordinal or (freq == "daily" and weekdays):
        found["weekdays"] = weekdays
    elif in_months:
        found["month_days"] = list[Json](said.get("month_days") or [])
    if ordinal and ordinal != EVERY:
        found["ordinal"] = int(ordinal)
    if freq == "yearly":
        found["months"] = [int(month) for month in said.get("months") or []]
    return found | {"times": list[Json](said.get("times") or [])}


def _every(seconds: int) -> dict[str, Any]:
    """Return the largest unit that says it in whole numbers."""
    for unit in ("days", "hours", "minutes"):
        if seconds and seconds % SECONDS_OF_UNIT[unit] == 0:
            return {"every_n": seconds // SECONDS_OF_UNIT[unit], "every_unit": unit}
    return {"every_n": seconds or None, "every_unit": "seconds"}


def _days(rule: Mapping[str, Any]) -> dict[str, Any]:
    weekdays = rule.get("weekdays") or []
    in_months = rule.get("freq") in {"monthly", "yearly"}
    return {
        "freq": rule.get("freq"),
        "interval": rule.get("interval") or 1,
        "weekdays": weekdays,
        "ordinal": str(rule.get("ordinal") or (EVERY if in_months and weekdays else "")),
        "month_days": ", ".join(
            LAST if day == -1 else str(day) for day in rule.get("month_days") or []
        ),
        "months": [str(month) for month in rule.get("months") or []],
        "times": ", ".join(map(str, rule.get("times") or [])),
    }


def split_times(text: str) -> list[str]:
    """Return “7:30, 14” as 07:30 and 14:00. Raises ValueError for what is no time."""
    found = []
    for part in re.split(r"[,;\s]+", text.strip()):
        hour, _colon, minute = part.partition(":")
        minute = minute or "00"
        if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
            raise ValueError(part)
        if int(hour) > 23 or int(minute) > 59:
            raise ValueError(part)
        found.append(f"{int(hour):02}:{minute}")
    return sorted(set(found))


def split_days(text: str) -> list[int]:
    """Return “1, 15, last” as 1, 15 and -1. Raises ValueError for what is no day of a month."""
    found = []
    for part in re.split(r"[,;\s]+", text.strip()):
        day = -1 if part.lower() == LAST else int(part)
        if not (1 <= day <= 31 or -31 <= day <= -1):
            raise ValueError(part)
        found.append(day)
    return sorted(set(found), key=lambda day: (day < 0, day))


def _moment(wall: datetime | None) -> str | None:
    """Return it without an offset: told on the clock of the rule's zone, whatever that becomes."""
    return wall.isoformat(timespec="minutes") if wall else None


def _wall(said: Any, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """Return a stored moment as the field of a browser takes it: the wall clock of the zone."""
    text = str(said or "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    if is_end and len(text) == len("2026-03-31"):  # a day alone ends with its last second
        moment = moment.replace(hour=23, minute=59)
    wall = moment.astimezone(zone) if moment.tzinfo else moment
    return wall.strftime("%Y-%m-%dT%H:%M")


def zone_or_utc(name: str) -> ZoneInfo:
    """Return the zone of that name; UTC where there is none, or none any more."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
