"""What tasks for the same decision have in common: pure.

Alike are tasks of one kind, at one queue or step, with one form and one code; where there is no
code, the reason stands for it, with numbers, quoted texts and addresses left out. Decisions at
once for all of them, their groups in the list, and rules learnt from decisions go by this.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

LENGTH = 40
MAX_REASON = 1_000

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|„[^“]*“|«[^»]*»|`[^`]*`")
_NAMELIKE = re.compile(r"\S*[\d@/\\]\S*")
# each is an answer to what one document says, or to what nobody can know but by looking
LIKE_NO_OTHER = frozenset({"validation", "second_look", "unknown_effect"})


def alike_of(
    kind: str, *, place: str, code: str = "", reason: str = "", form: Mapping[str, Any]
) -> str:
    """Return the sign that tasks for the same decision share, "" for kinds that share none.

    `place`: the queue, or the workflow and its step.
    """
    if kind in LIKE_NO_OTHER:
        return ""
    why = code.strip() or fingerprint(reason)
    names = orjson.dumps(sorted(form.get("properties") or {}))
    text = "\n".join([kind, place, why, sha256(names).hexdigest()])
    return sha256(text.encode()).hexdigest()[:LENGTH]


def fingerprint(reason: str) -> str:
    """Return a reason without what differs from case to case."""
    text = _QUOTED.sub("…", reason[:MAX_REASON])
    return " ".join(_NAMELIKE.sub("#", text).casefold().split())
