"""Manners of child processes on Linux: to die with their parent, and to be a group of their own."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(
    parent_pid: int | None = None, *, sent: signal.Signals = signal.SIGKILL
) -> bool:
    """Have the kernel send `sent` to this process when its parent ends; call it in the child.

    With `parent_pid`, also end at once if that parent has already gone. False where the kernel
    can't (not Linux). The promise is bound to the parent's *thread* that forked.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    is_set = bool(libc.prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0) == 0)
    # between fork and prctl the parent may have died: then nobody sends anything
    if is_set and parent_pid is not None and os.getppid() != parent_pid:
        os.kill(os.getpid(), sent)
    return is_set


def new_session() -> None:
    """Leave the parent's session, so that a Ctrl-C in its terminal doesn't reach this process."""
    if os.getpid() != os.getsid(0):
        os.setsid()
