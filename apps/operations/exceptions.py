from apps.lib.errors import ConflictError, InvalidError


class NothingToDoError(ConflictError):
    """The filter finds nothing (any more)."""

    code = "nothing_to_do"


class NumberNotConfirmedError(InvalidError):
    """So many targets are confirmed by their number; `total` says how many there are now."""

    code = "number_not_confirmed"

    def __init__(self, message: str, *, total: int, **named: object) -> None:
        self.total = total
        super().__init__(message, **named)  # type: ignore[arg-type]


class TooManyError(InvalidError):
    """More than one operation takes."""
