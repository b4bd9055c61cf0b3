"""What a task is called in the list: the words of the business, not of the machine.

A schema may say it: `"x-title": "Invoice {number} of {vendor_name}"`. Otherwise it is the schema's
or the queue's title and the item's reference.
"""

import re

from django.utils.translation import gettext as _

from apps.lib.json import Json
from apps.lib.schema import MASK
from apps.lib.schema_forms.personal import masked
from apps.queues.models import WorkItem

PLACE = re.compile(r"\{([^{}]{1,200})\}")
MAX_TITLE = 300
MAX_PART = 80


def title_of_item(item: WorkItem) -> str:
    schema = item.queue.payload_schema
    schema = schema if isinstance(schema, dict) else {}
    written = schema.get("x-title")
    if isinstance(written, str) and written.strip():
        shown = masked(item.payload, schema)
        said = PLACE.sub(lambda place: _part(shown, place[1]), _(written))
        return said[:MAX_TITLE]
    name = schema.get("title")
    kind = _(name) if isinstance(name, str) and name.strip() else item.queue.title
    return f"{kind} {item.reference or f'#{item.pk}'}"[:MAX_TITLE]


def _part(payload: Json, path: str) -> str:
    for key in path.split("."):
        payload = payload.get(key) if isinstance(payload, dict) else None
    if payload is None or isinstance(payload, dict | list) or payload == MASK:
        return "–"
    return str(payload)[:MAX_PART]
