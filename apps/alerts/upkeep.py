"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from . import lifecycle, pinging


def look_at_rules() -> int:
    """Judge all rules: alerts begin and end."""
    return lifecycle.look()


def tell() -> int:
    """Have snoozed alerts fire again, and tell people of what fires."""
    return lifecycle.wake_snoozed() + lifecycle.tell_due()


def ping() -> int:
    """Tell an outside check that all is well."""
    return pinging.ping()
