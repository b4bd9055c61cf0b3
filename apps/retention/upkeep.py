"""What the scheduler does for retention; may run twice at once."""

from . import lifecycle


def keep_to_policies() -> int:
    """Archive and drop the months that are over their time; return how many went."""
    return lifecycle.keep_to_policies()
