"""The faults that people and programs may meet; each says what happened and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field. `path` is dotted, as in `items.3.payload.total`."""

    path: str
    message: str


class DomainError(Exception):
    """A request that cannot be carried out. It becomes a 4xx answer, never a 500."""

    status = 409
    code = "conflict"
    title = "That can't be done now"

    def __init__(self, message: str = "", *, fields: list[FieldProblem] | None = None) -> None:
        self.message = message or self.title
        self.fields = fields or []
        super().__init__(self.message)


class ConflictError(DomainError):
    """Somebody or something else was first, or the thing is no longer in that state."""


class NotFoundError(DomainError):
    """There is no such thing, or not for you."""

    status = 404
    code = "not_found"
    title = "Not found"


class NotAllowedError(DomainError):
    """You lack the right; the message names it and who can grant it."""

    status = 403
    code = "not_allowed"
    title = "Not allowed"


class InvalidError(DomainError):
    """The input is well-formed but wrong; `fields` names each problem."""

    status = 422
    code = "invalid"
    title = "Some values are not right"


class MalformedError(DomainError):
    """The input cannot be read at all."""

    status = 400
    code = "malformed"
    title = "The request can't be read"


class TooLargeError(DomainError):
    """The input is larger than the limit."""

    status = 413
    code = "too_large"
    title = "Too large"
