"""What a rule would have done in the last 14 days, minute by minute, from what was counted.

`history` reads what there is of each condition, `simulating` walks through it with the very
decisions that live rules go by, `drawing` puts it into a picture. What was never kept nobody can
judge by: such conditions are left out, and named.
"""

from .simulating import DAYS, Outcome, Stretch, window_of
from .trying import try_rule

__all__ = ["DAYS", "Outcome", "Stretch", "try_rule", "window_of"]
