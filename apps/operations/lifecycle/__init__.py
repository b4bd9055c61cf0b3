"""Every way an operation moves. Nothing else writes an operation or its entries.

    start ──► preparing ──targets written down──► waiting ──chunk──► running ──► done
                  └─────── a person cancels, or it can't go on ───────┴──► cancelled | failed

`asking` is what people do, `working` what the background worker does. A chunk is one transaction:
the operation's row is locked, its token compared, the targets are done, and their results and the
counters are written. Whoever is killed in between leaves nothing behind; whoever comes late finds
another token and does nothing.
"""

from .asking import Measured, cancel, measure, retry_failed, start, undo
from .working import work

__all__ = ["Measured", "cancel", "measure", "retry_failed", "start", "undo", "work"]
