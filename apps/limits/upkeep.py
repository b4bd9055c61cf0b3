"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from . import lifecycle


def move_on() -> int:
    """Write down what time alone has changed: rests and holds that are over, freezes that repeat.

    Four looks at small tables and indexes when nothing is due.
    """
    lifecycle.tell_turns()
    return lifecycle.note_probing() + lifecycle.release_over() + lifecycle.move_freezes_on()
