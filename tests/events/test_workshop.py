"""The threads of the live hub: what is due first is done first, and nothing waits for ever."""

import asyncio
import threading

from apps.events.workshop import THREADS, Workshop


def in_order(*, jobs: list[tuple[str, float]], asked: list[str]) -> list[str]:
    """Hold all threads, put `jobs` (name, patience) and ask for `asked`; return their order."""

    async def work() -> list[str]:
        workshop = Workshop(asyncio.get_running_loop())
        held, go = threading.Event(), threading.Event()
        done: list[str] = []
        # all but one thread stay busy to the end, so that the last one does all in turn
        for _thread in range(THREADS - 1):
            workshop.put(held.wait, lambda _result: None)
        workshop.put(go.wait, lambda _result: None)
        for name, patience in jobs:
            workshop.put(
                lambda name=name: done.append(name), lambda _result: None, patience=patience
            )
        waiting = [
            asyncio.ensure_future(workshop.run(lambda name=name: done.append(name)))
            for name in asked
        ]
        await asyncio.sleep(0)
        go.set()
        last = asyncio.get_running_loop().create_future()
        workshop.put(lambda: None, last.set_result, patience=1_000.0)
        await asyncio.wait_for(asyncio.gather(last, *waiting), 20)
        held.set()
        workshop.close()
        return done

    return asyncio.run(work())


def test_what_is_quick_goes_before_what_is_slow():
    jobs = [("list", 5.0), ("number", 0.1), ("chart", 1.0), ("badge", 0.0)]
    assert in_order(jobs=jobs, asked=[]) == ["badge", "number", "chart", "list"]


def test_equals_keep_their_order():
    assert in_order(jobs=[("first", 0.0), ("second", 0.0)], asked=[]) == ["first", "second"]


def test_who_asks_for_a_person_s_rights_goes_ahead_of_all():
    assert in_order(jobs=[("number", 0.0)], asked=["rights"])[0] == "rights"
