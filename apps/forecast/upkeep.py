"""Work that the scheduler repeats."""

from .lifecycle import renew


def renew_forecasts() -> int:
    """Make the oldest forecasts of queues with work anew, for about a second at most."""
    return renew()
