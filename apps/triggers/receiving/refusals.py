"""Why something that came in is not taken: one class, whose code programs know."""

from apps.lib.errors import DomainError


class RefusedError(DomainError):
    """What came in starts nothing. `code` is kept with the delivery, and `status` is the answer."""

    title = "Refused"

    def __init__(
        self, code: str, message: str, *, status: int, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after_seconds = retry_after_seconds
