"""What the queue of vendors to check knows of each."""

from django.utils.translation import gettext_noop

from apps.lib.json import JsonObject

VENDOR_TO_CHECK: JsonObject = {
    "title": gettext_noop("Vendor to check"),
    "type": "object",
    "required": ["vendor"],
    "properties": {
        "vendor": {
            "type": "string",
            "title": gettext_noop("Vendor"),
            "minLength": 1,
            "maxLength": 300,
        },
    },
}
