"""What an XML parser says, in words for those who wrote the file."""

import re

MAX_REASON = 200
_PLACE = re.compile(r", line \d+, (column \d+)\Z")


def why_malformed(error: Exception) -> str:
    """Return the parser's reason; the line is left out, since it is told beside the reason."""
    said = str(getattr(error, "msg", None) or error)
    return _PLACE.sub(r" (\1)", said)[:MAX_REASON]
