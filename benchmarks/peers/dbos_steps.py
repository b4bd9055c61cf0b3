"""DBOS through the same five steps, each recorded in PostgreSQL before the next begins.

    python benchmarks/peers/dbos_steps.py DSN INSTANCES THREADS

Run by benchmarks/engines.py in an environment that has dbos. Prints one JSON object: instances per
second, one after the other and by several threads at once.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS, DBOSConfig

STEPS = 5
VARIABLES = {"invoice": "4711", "vendor": "Ahorn & Söhne", "amount": 1250.5, "lines": [1, 2, 3, 4]}


@DBOS.step()
def do_step(variables: dict, number: int) -> dict:
    return {**variables, f"result_{number}": number}


@DBOS.workflow()
def five_steps(variables: dict) -> dict:
    for number in range(STEPS):
        variables = do_step(variables, number)
    return variables


def main() -> None:
    dsn, instances, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": dsn,
        "log_level": "ERROR",
        "run_admin_server": False,
    }
    DBOS(config=config)
    DBOS.launch()
    try:
        five_steps(VARIABLES)
        alone = timed(lambda: [five_steps(VARIABLES) for _ in range(instances)], instances)
        with ThreadPoolExecutor(threads) as pool:
            together = timed(lambda: list(pool.map(five_steps, [VARIABLES] * instances)), instances)
    finally:
        DBOS.destroy()
    print(json.dumps({"one thread": alone, f"{threads} threads": together}))


def timed(work: Callable[[], object], instances: int) -> float:
    began = time.monotonic()
    work()
    return instances / (time.monotonic() - began)


if __name__ == "__main__":
    main()
