"""What can go wrong with models, in words for the people who meet it."""

from apps.lib.errors import ConflictError, FieldProblem, InvalidError, NotFoundError


class ModelStoppedError(ConflictError):
    """The model is stopped, by a budget or by a person; people do its work meanwhile."""

    code = "model_stopped"
    title = "The model is stopped"


class ModelBusyError(ConflictError):
    """What is under way may use up the budget; wait until some of it has ended."""

    code = "model_busy"
    title = "The budget is reserved for calls under way"


class ModelCallError(ConflictError):
    """The model gave no answer that can be used; the message says why."""

    code = "model_call_failed"
    title = "The model gave no usable answer"


class ModelRefusedError(ModelCallError):
    """The server refused the call: the key, the quota, or the request itself."""

    code = "model_refused"
    title = "The model's server refused the call"

    def __init__(self, message: str, *, status: int = 0, is_about_schema: bool = False) -> None:
        super().__init__(message)
        self.http_status = status
        # it does not know `response_format`; the same can be asked in words
        self.is_about_schema = is_about_schema


class MalformedAnswerError(ModelCallError):
    """The model answered, but not in the form that it was asked for."""

    code = "malformed_answer"
    title = "The answer does not hold to its schema"

    def __init__(
        self, message: str, *, problems: list[FieldProblem] | None = None, said: str = ""
    ) -> None:
        super().__init__(message, fields=problems or [])
        self.said = said  # what the model wrote


class AddressNotAllowedError(InvalidError):
    """Models are called over https; http is for this machine alone, unless a setting allows it."""

    code = "address_not_allowed"
    title = "This address can't be called"


class UnknownToolError(NotFoundError):
    """No tool of that name is registered in the code of this machine."""

    code = "unknown_tool"
    title = "Unknown tool"
