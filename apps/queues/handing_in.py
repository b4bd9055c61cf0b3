"""Hands results in, so that one that can't be stored does not take its neighbours along."""

import logging
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError

from .lifecycle import Finished, Result, finish_items
from .results import unstorable

log = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError)


def hand_in(results: Sequence[Result]) -> Finished:
    """End these tries. Raises only while PostgreSQL is away: send all of them again, then."""
    try:
        return finish_items(results)
    except OUTAGES:
        raise
    except Exception:
        return hand_in_singly(results)


def hand_in_singly(results: Sequence[Result]) -> Finished:
    """End these tries one by one; one that can't be stored becomes a failure that can."""
    done = Finished([], [])
    for result in results:
        one = _hand_in_one(result)
        done.finished.extend(one.finished)
        done.refused.extend(one.refused)
    return done


def _hand_in_one(result: Result) -> Finished:
    try:
        return finish_items([result])
    except OUTAGES:
        raise
    except Exception as error:
        return _hand_in_failure(result, error)


def _hand_in_failure(result: Result, error: Exception) -> Finished:
    try:
        return finish_items([unstorable(result, error)])
    except OUTAGES:
        raise
    except Exception:
        # its lease runs out, or is taken back with the run, and then it counts as lost
        log.exception("the result of item %d can't be handed in at all", result.id)
        return Finished([], [])
