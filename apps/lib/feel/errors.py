"""What can be wrong with an expression: its text, or that it asks for too much.

Nothing else raises. What FEEL calls an error (`1 + "a"`, a missing variable) gives null, and a
warning to the run.
"""


class FeelError(ValueError):
    """The base of all faults of expressions; the text is for the person who wrote them."""


class FeelSyntaxError(FeelError):
    """The text is not FEEL. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(f"{message}, line {line}, column {column}.")


class FeelLimitError(FeelError):
    """The evaluation took more than it may. `limit` is "steps", "seconds", "size" or "depth"."""

    def __init__(self, limit: str, message: str) -> None:
        self.limit = limit
        super().__init__(message)
