"""Takes down what queries a request makes and how long each takes, and explains the slow ones."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

BIG_ROWS = 50_000
_SCAN = re.compile(r"Seq Scan on (\w+)")


@dataclass(slots=True)
class Watch:
    """The queries of one request."""

    n: int = 0
    ms: float = 0.0
    slow_ms: float = 100.0
    slow: list[tuple[float, str, Any]] = field(default_factory=list)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = (time.perf_counter() - begun) * 1000
            self.n += 1
            self.ms += took
            if took > self.slow_ms and not many:
                self.slow.append((took, str(sql), params))


@contextmanager
def watched(slow_ms: float) -> Iterator[Watch]:
    from django.db import connection

    watch = Watch(slow_ms=slow_ms)
    with connection.execute_wrapper(watch):
        yield watch


def plan_of(sql: str, params: Any) -> str:
    """Return the plan, or why there is none."""
    from django.db import DatabaseError, connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"explain {sql}", params)
            return "\n".join(line for (line,) in cursor.fetchall())
    except DatabaseError as error:
        return f"no plan: {error}"


def scanned(plan: str) -> list[str]:
    """Return the big tables that a plan reads from end to end."""
    from django.db import connection

    names = sorted(set(_SCAN.findall(plan)))
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relname = any (%s) and reltuples > %s",
            [names, BIG_ROWS],
        )
        return [name for (name,) in cursor.fetchall()]
