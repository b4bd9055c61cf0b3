"""What can go wrong within a step."""

from apps.lib.errors import FieldProblem, TooLargeError
from apps.lib.texts import gettext as _


class StepError(Exception):
    """A token can't go on; it becomes an incident. `message` is for the person who repairs it."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class VariablesTooLargeError(TooLargeError):
    """Somebody asked for more variables than an instance may have; nothing was changed."""

    code = "variables_too_large"

    def __init__(self, message: str) -> None:
        super().__init__(message, fields=[FieldProblem("variables", message)])


def too_large_text(size: int, limit: int) -> str:
    text = _(
        "The variables would take %(size)s bytes as JSON; an instance may have %(limit)s. "
        "Keep large data elsewhere, and refer to it."
    )
    return text % {"size": f"{size:,}", "limit": f"{limit:,}"}
