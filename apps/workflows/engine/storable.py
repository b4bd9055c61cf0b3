"""What expressions may make: values that the database takes, and every reader of JSON."""

from apps.lib.json import Json
from apps.lib.texts import gettext as _

# Beyond what comes in from outside may have (see apps.lib.json), and within what readers take
MAX_LEVELS = 100
NUL = "\x00"


def why_not_storable(value: Json) -> str:
    """Return what stands against keeping this value, in words; "" if nothing does."""
    level: list[Json] = [value]
    for _level in range(MAX_LEVELS):
        inner: list[Json] = []
        for each in level:
            parts = _parts(each)
            if any(isinstance(part, str) and NUL in part for part in parts):
                return _("it makes a text with a NUL character, which can't be stored.")
            inner += [part for part in parts if isinstance(part, list | dict)]
        if not inner:
            return ""
        level = inner
    return _("it makes a value of more than %(n)s levels.") % {"n": MAX_LEVELS}


def _parts(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else [value]
