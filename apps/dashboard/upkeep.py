"""Work that the scheduler repeats."""

from .deadlines import prune_deadlines, record_deadlines

__all__ = ["prune_deadlines", "record_deadlines"]
