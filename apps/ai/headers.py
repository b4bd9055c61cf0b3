"""What a step or an item says about how AI is to work on it.

The settings of a step in a diagram (its headers) come under `_headers` in the payload; an item of
a plain queue may bring its own under `ai`. Where a step says anything, only the step counts: its
words are a designer's, and `ai` may have come from outside with the data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.bots.exceptions import BusinessException
from apps.lib.json import JsonObject

FROM_STEP, FROM_ITEM = "_headers", "ai"


@dataclass(frozen=True)
class Settings:
    """Settings by name, and the data without them."""

    values: Mapping[str, Any]
    data: JsonObject

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise _wrong(name, _("must be text"))
        return value.strip()

    def number(self, name: str) -> int | None:
        """Return a whole number, also when it stands as text; None when it is not set."""
        value = self.values.get(name)
        if value in (None, ""):
            return None
        try:
            return int(str(value))
        except ValueError:
            raise _wrong(name, _("must be a whole number")) from None

    def json(self, name: str) -> JsonObject:
        """Return an object, also when it stands as text (headers are text); {} if not set."""
        value = self.values.get(name) or {}
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise _wrong(name, _("is not JSON")) from None
        if not isinstance(value, dict):
            raise _wrong(name, _("must be an object"))
        return value

    def names(self, name: str) -> list[str]:
        """Return a list, also when it stands as text with commas."""
        value = self.values.get(name) or []
        if isinstance(value, str):
            value = [each.strip() for each in value.split(",")]
        if not isinstance(value, list):
            raise _wrong(name, _("must be a list"))
        return [str(each) for each in value if each]


def settings_of(payload: Mapping[str, Any]) -> Settings:
    """Return the settings of the step; of an item that no step made, its own."""
    place = FROM_STEP if payload.get(FROM_STEP) else FROM_ITEM
    said = payload.get(place)
    data = {key: value for key, value in payload.items() if key not in (FROM_ITEM, FROM_STEP)}
    return Settings(said if isinstance(said, dict) else {}, data)


def _wrong(name: str, message: str) -> BusinessException:
    text = _("The setting “%(name)s” %(message)s.") % {"name": name, "message": message}
    return BusinessException(text, code="wrong_setting", field=name)
