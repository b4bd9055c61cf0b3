"""Personal values in the data of a task: masked wherever the data is shown."""

import json

from apps.lib.json import JsonObject
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
