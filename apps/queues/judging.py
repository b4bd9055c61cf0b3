"""Who may say that what a bot reports as a system problem is a data problem: an app above.

Asked where results are decided, of failures only: what goes well never comes this way.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A system problem as a bot reported it."""

    item_id: int
    code: str
    error_class: str
    message: str


Judge = Callable[[Sequence[Judged]], Collection[int]]
_judges: list[Judge] = []


def judge_by(judge: Judge) -> Judge:
    """Register what names the items whose failure is a data problem. The last one counts.

    Called from the app's `ready`. It is asked in the transaction that ends the tries, once for all
    of them: it must be quick, and lock nothing.
    """
    _judges[:] = [judge]
    return judge


def data_problems(failures: Sequence[Judged]) -> Collection[int]:
    """Return the items among these that failed since their data are wrong."""
    return _judges[0](failures) if _judges and failures else ()
