"""Automations for tests. They speak through files in a directory that the test names."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from apps.bots.exceptions import ApplicationException, BusinessException
from apps.bots.registry import ItemContext, RunContext, automation

MODULE = __name__


def wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.005)


@automation("test.patient", title="Waits until it may go", kind="run", grace_seconds=1)
def patient(context: RunContext) -> dict | None:
    here = Path(context.input["dir"])
    context.log("began")
    (here / "began").write_text(str(os.getpid()))
    while not (here / "go").exists():
        if context.should_stop:
            return None
        time.sleep(0.005)
    context.progress(3, 1)
    return {"went": True}


@automation("test.stubborn", title="Does not listen", kind="run", grace_seconds=1)
def stubborn(context: RunContext) -> None:
    here = Path(context.input["dir"])
    child = subprocess.Popen(["sleep", "600"])
    (here / "child").write_text(str(child.pid))
    (here / "began").write_text(str(os.getpid()))
    wait_for(here / "never")


@automation("test.breaks", title="Breaks", kind="run")
def breaks(context: RunContext) -> None:
    raise ValueError("no such luck")


@automation("test.refuses", title="Says why it can't", kind="run")
def refuses(context: RunContext) -> None:
    raise BusinessException("The book is closed.", code="closed")


@automation("test.work", title="Does as the item says")
def work(item: ItemContext) -> dict | None:
    """The payload says what to do: {"do": …, "dir": …}; `log` notes that it was done."""
    here = Path(item.payload.get("dir", "."))
    deed = DEEDS.get(item.payload.get("do", ""))
    output = deed(item, here) if deed else None
    if "log" in item.payload:
        with (here / "done").open("a") as done:
            done.write(f"{item.id}\n")
    return output or {"seen": item.attempt}


def wait(item: ItemContext, here: Path) -> None:
    (here / f"began-{item.id}-{item.attempt}").write_text(str(os.getpid()))
    wait_for(here / f"go-{item.id}")


def wait_or_stop(item: ItemContext, here: Path) -> dict:
    (here / f"began-{item.id}-{item.attempt}").write_text(str(os.getpid()))
    while not item.should_stop:
        time.sleep(0.005)
    return {"stopped": True}


def die(item: ItemContext, here: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(item: ItemContext, here: Path) -> None:
    if item.attempt == 1:
        die(item, here)


def wrong_data(item: ItemContext, here: Path) -> None:
    raise BusinessException("The total is wrong.", code="total", field="total")


def no_system(item: ItemContext, here: Path) -> None:
    raise ApplicationException("The ERP is down.", code="erp_down")


def bug(item: ItemContext, here: Path) -> None:
    raise KeyError("amount")


def business_number(item: ItemContext, here: Path) -> None:
    raise BusinessException("wrong", code=404, field="a\x00b")  # type: ignore[arg-type]


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def unreadable(item: ItemContext, here: Path) -> None:
    raise UnreadableError


class Panic(BaseException):
    """As libraries raise it that are not written in Python."""


def panic(item: ItemContext, here: Path) -> None:
    raise Panic("index out of bounds")


def cancelled(item: ItemContext, here: Path) -> None:
    raise asyncio.CancelledError


def half_a_pair(item: ItemContext, here: Path) -> None:
    raise ApplicationException("half \ud800 a pair", code="half")


def odd_words(item: ItemContext, here: Path) -> None:
    item.log(KeyError("amount"), "information")  # type: ignore[arg-type]


def odd_words_for_ever(item: ItemContext, here: Path) -> None:
    odd_words(item, here)
    loop_for_ever(item, here)


def leave(item: ItemContext, here: Path) -> None:
    raise SystemExit(7)


def loop(item: ItemContext, here: Path) -> None:
    while True:
        with suppress(Exception):
            time.sleep(0.01)


def loop_for_ever(item: ItemContext, here: Path) -> None:
    while True:
        with suppress(BaseException):
            time.sleep(0.01)


def bad_output(item: ItemContext, here: Path) -> dict:
    return {"text": "nul \x00"}


def slow(item: ItemContext, here: Path) -> None:
    time.sleep(item.payload.get("seconds", 0.02))


def tell(item: ItemContext, here: Path) -> None:
    item.log(f"working {item.reference}")
    item.progress({"page": 1})


class Refused(ApplicationException):
    pass


def post(item: ItemContext, here: Path) -> dict:
    """Post once over all tries; `refused` and `dies` name the try at which that happens."""
    with item.effect("post", not_done_on=(Refused,)) as act:
        if act:
            if item.payload.get("refused") == item.attempt:
                raise Refused("Not now.")
            with (here / "posted").open("a") as book:
                book.write(f"{item.id}\n")
            if item.payload.get("dies") == item.attempt:
                os.kill(os.getpid(), signal.SIGKILL)
            act.reference = f"booking-{item.id}"
    if item.payload.get("dies_after") == item.attempt:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"booking": act.reference}


def read(item: ItemContext, here: Path) -> dict:
    """Read a vendor with the confidence that the item says; "sure" may be nonsense."""
    sure = item.payload["sure"]
    vendor = item.predict(
        "vendor", "ACME", confidence=sure, model="stub", source="Line 1", page=1, file="a.pdf"
    )
    return {"vendor": vendor}


def ask(item: ItemContext, here: Path) -> dict:
    answer = item.ask(
        "vendor",
        title="Which vendor is it?",
        form={"type": "object", "properties": {"vendor": {"type": "string"}}},
        values={"vendor": "ACME"},
        decisions=[{"key": "take", "title": "Take it"}, {"key": "leave", "title": "Leave it"}],
    )
    return {"decision": answer.decision, "by": answer.by, **answer.values}


def ask_badly(item: ItemContext, here: Path) -> dict:
    item.ask("which", title="", decisions=[{"key": "a"}, {"key": "a"}])
    return {}


DEEDS: dict[str, Callable[[ItemContext, Path], dict | None]] = {
    deed.__name__: deed
    for deed in (
        wait,
        wait_or_stop,
        die,
        die_once,
        wrong_data,
        no_system,
        bug,
        business_number,
        unreadable,
        panic,
        cancelled,
        half_a_pair,
        odd_words,
        odd_words_for_ever,
        leave,
        loop,
        loop_for_ever,
        bad_output,
        slow,
        tell,
        post,
        read,
        ask,
        ask_badly,
    )
}
