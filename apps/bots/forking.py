"""Forking without what parent and child must not share."""

import os
import sys
import warnings

from django.db import connections


def fork() -> int:
    """Fork with no connection open and nothing buffered; return 0 in the child."""
    connections.close_all()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads. Ours sends nudges, and starts afresh in a child (live.py).
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
