"""How large variables are."""

import json

from apps.lib.json import JsonObject

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def weight(values: JsonObject) -> int:
    """Return the bytes of `values` as JSON, so that the weights of parts add up to the whole's."""
    if not values:
        return 0
    text = _encode(values)
    # braces and commas: one byte for each name, plus one that is counted once
    return (len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))) - 1
