"""What can be wrong with a pattern."""


class PatternError(ValueError):
    """The text is no pattern that we run; the message is for the person who wrote it."""
