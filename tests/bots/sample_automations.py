"""Automations for tests. They speak through files in a directory that the test names."""

import os
import signal
import subprocess
import time
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
    """The payload says what to do: {"do": …, "dir": …}."""
    here = Path(item.payload["dir"]) if "dir" in item.payload else Path()
    match item.payload.get("do"):
        case "wait":
            (here / f"began-{item.id}-{item.attempt}").write_text(str(os.getpid()))
            wait_for(here / f"go-{item.id}")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die once" if item.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        case "wrong data":
            raise BusinessException("The total is wrong.", code="total", field="total")
        case "no system":
            raise ApplicationException("The ERP is down.", code="erp_down")
        case "bug":
            raise KeyError("amount")
        case "loop":
            while True:
                try:
                    time.sleep(0.01)
                except Exception:  # noqa: BLE001, S110
                    pass
        case "loop for ever":
            while True:
                try:
                    time.sleep(0.01)
                except BaseException:  # noqa: BLE001, S110
                    pass
        case "bad output":
            return {"text": "nul \x00"}
        case "slow":
            time.sleep(0.02)
        case "log":
            item.log(f"working {item.reference}")
            item.progress({"page": 1})
        case "post" | "post and die" | "post refused" as how:
            return post(item, here, how)
        case _:
            pass
    if "log" in item.payload:
        with (here / "done").open("a") as done:
            done.write(f"{item.id}\n")
    return {"seen": item.attempt}


class Refused(ApplicationException):
    pass


def post(item: ItemContext, here: Path, how: str) -> dict:
    with item.effect("post", not_done_on=(Refused,)) as act:
        if act:
            if how == "post refused" and item.attempt == 1:
                raise Refused("Not now.")
            with (here / "posted").open("a") as book:
                book.write(f"{item.id}\n")
            if how == "post and die" and item.attempt == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            act.reference = f"booking-{item.id}"
    return {"booking": act.reference}
