"""Personal values in the data of a task: masked wherever the data is shown."""

import json

from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK, check_schema, mask


def masked(payload: JsonObject, schema: JsonObject) -> JsonObject:
    """Return `payload` with personal values as dots.

    A schema that can't be used can't say what is personal: if it speaks of it at all, all is.
    """
    if not check_schema(schema):
        return mask(payload, schema)
    elif "x-personal" in json.dumps(schema):
        return dict.fromkeys(payload, MASK)
    else:
        return payload


def unmasked(values: JsonObject, payload: JsonObject, schema: JsonObject) -> JsonObject:
    """Return `values` with each mask that was sent back replaced by what it stands for."""
    hidden = masked(payload, schema)
    return {
        name: _restored(value, payload.get(name), hidden.get(name))
        for name, value in values.items()
    }


def _restored(value: Json, original: Json, hidden: Json) -> Json:
    if value == MASK and hidden == MASK:
        return original
    elif isinstance(value, dict) and isinstance(original, dict) and isinstance(hidden, dict):
        return {
            key: _restored(inner, original.get(key), hidden.get(key))
            for key, inner in value.items()
        }
    elif isinstance(value, list) and isinstance(original, list) and isinstance(hidden, list):
        return [
            _restored(inner, original[index], hidden[index]) if index < len(original) else inner
            for index, inner in enumerate(value)
        ]
    else:
        return value
