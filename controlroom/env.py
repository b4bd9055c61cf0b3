"""Read settings from the environment: check them, and stop with a sentence when one is wrong."""

import os
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from apps.lib.keyring import parse_keys


class SettingError(SystemExit):
    """A setting cannot be used; its message says which, and what would be right."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    value = env_str(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(name, f"expected true or false, got {value!r}.")


def env_int(name: str, *, default: int, low: int = 0, high: int = 2**31 - 1) -> int:
    value = env_str(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise SettingError(name, f"expected a whole number, got {value!r}.") from None
    if not low <= number <= high:
        raise SettingError(name, f"expected a number from {low} to {high}, got {number}.")
    return number


def env_list(name: str, *, default: list[str]) -> list[str]:
    value = env_str(name)
    if not value:
        return default
    return [part.strip() for part in value.split(",") if part.strip()]


def env_path(name: str, *, default: Path) -> Path:
    value = env_str(name)
    return Path(value).expanduser().resolve() if value else default


def env_url(name: str, *, schemes: tuple[str, ...]) -> str:
    """Return the URL in `name`, or "" when unset; refuse other schemes and missing hosts."""
    value = env_str(name)
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise SettingError(name, f"expected {wanted}, got a URL that starts with {parts.scheme!r}.")
    try:
        _ = parts.port
    except ValueError:
        raise SettingError(name, "its port is not a number between 1 and 65535.") from None
    return value


def env_zone(name: str, default: str) -> str:
    """Return the time zone in `name`; refuse one that nobody knows."""
    value = env_str(name, default)
    if value not in available_timezones():
        raise SettingError(name, f"expected a time zone such as Europe/Berlin, got {value!r}.")
    return value


def env_vault_keys(name: str) -> str:
    """Return the keys in `name` as they were written, or "" when unset; refuse what is none."""
    value = env_str(name)
    try:
        parse_keys(value)
    except ValueError as error:
        raise SettingError(name, str(error)) from None
    return value
