"""What all API calls share: strict bodies, plain types, JSON in and out."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

import orjson
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.params.models import Query
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from .errors import DomainError, InvalidError, MalformedError
from .json import JsonObject, parse_json
from .pagination import DEFAULT_LIMIT, Page, page_of
from .problems import field_problems

M = TypeVar("M", bound=Model)
BodyT = TypeVar("BodyT", bound=BaseModel)

# One call's body; the batch call alone may have more.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_BATCH_BYTES = 32 * 1024 * 1024
# A body of this size is read in a millisecond or so
QUICKLY_READ_BYTES = 64 * 1024
MAX_LIMIT = 200
MAX_ID = 2**63 - 1
MAX_IN_ERROR = 80  # characters of a wrong value that an answer repeats

JSON_TYPES = {"application/json"}
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
FIRST_YEAR, LAST_YEAR = 1970, 9000  # room for every zone and every deadline on both sides


class WrongTypeError(DomainError):
    """The body is announced as something else than what is read here."""

    status = 415
    code = "unsupported_media_type"
    title = "Wrong type of content"


class StrictModel(BaseModel):
    """A body: unknown fields are refused, and nothing is guessed ("5" is no number)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def parse_moment(value: Any) -> Any:
    """Return the moment that RFC 3339 text names; a zone is a must."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("moment", "must be a time with its zone")
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.upper()))
    except ValueError:
        raise PydanticCustomError("moment", "must be a time with its zone") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("moment_range", "must be a time that will come")
    return moment


def parse_uuid(value: Any) -> Any:
    if isinstance(value, UUID):
        return value
    try:
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise PydanticCustomError("lease_token", "must be a UUID")


def _check_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise PydanticCustomError("json_object", "must be an object")
    return value


Moment: TypeAlias = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-03-31T17:00:00+02:00"]}
    ),
]
LeaseToken: TypeAlias = Annotated[
    UUID, BeforeValidator(parse_uuid), WithJsonSchema({"type": "string", "format": "uuid"})
]
Limit: TypeAlias = Annotated[int, Query(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)]
Cursor: TypeAlias = Annotated[str, Query("", max_length=1000)]
Id: TypeAlias = Annotated[int, Field(ge=1, le=MAX_ID)]
# Already parsed by us; pydantic need not look inside
AnyObject: TypeAlias = Annotated[
    Any, BeforeValidator(_check_object), WithJsonSchema({"type": "object"})
]


class JsonParser(Parser):
    """Reads bodies with our strict parser, once per request."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request, max_bytes=MAX_BODY_BYTES)


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:
        return dump_json(data)


def read_json(request: HttpRequest, *, max_bytes: int) -> Any:
    """Return the body as JSON. Raises WrongTypeError, TooLargeError or InvalidJsonError."""
    if request.content_type not in JSON_TYPES:
        said = request.content_type or _("nothing")
        raise WrongTypeError(
            _("Send the body as Content-Type: application/json; this said %(said)s.")
            % {"said": said[:MAX_IN_ERROR]}
        )
    return parse_json(request.body, max_bytes=max_bytes)


def read_object(request: HttpRequest, *, max_bytes: int) -> JsonObject:
    """Return the body as a JSON object; no body at all is an empty one."""
    if not request.body:
        return {}
    found = read_json(request, max_bytes=max_bytes)
    if not isinstance(found, dict):
        raise InvalidError(_("The body must be a JSON object."))
    return found


def read_body(request: HttpRequest, model: type[BodyT], *, max_bytes: int) -> BodyT:
    """Return the body as `model`. Raises InvalidError, naming each field, and what is above."""
    found = read_object(request, max_bytes=max_bytes)
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise invalid(error) from None


async def read_body_async(request: HttpRequest, model: type[BodyT], *, max_bytes: int) -> BodyT:
    """As `read_body`; a large body is read in a thread, so that the event loop goes on."""
    if len(request.body) <= QUICKLY_READ_BYTES:
        return read_body(request, model, max_bytes=max_bytes)
    return await asyncio.to_thread(read_body, request, model, max_bytes=max_bytes)


def invalid(error: ValidationError, *, at: str = "") -> InvalidError:
    """Return what pydantic found as our error."""
    fields = field_problems(error.errors(include_url=False), at=at)
    return InvalidError(f"{fields[0].path}: {fields[0].message}.", fields=fields)


def body_of(model: type[StrictModel]) -> JsonObject:
    """Describe a body that the view reads itself: `@router.post(…, openapi_extra=body_of(…))`."""
    template = "#/components/schemas/{model}"
    schema = model.model_json_schema(ref_template=template)
    described_bodies.update(schema.pop("$defs", {}))
    described_bodies[model.__name__] = schema
    reference: JsonObject = {"$ref": template.format(model=model.__name__)}
    content: JsonObject = {"application/json": {"schema": reference}}
    return {"requestBody": {"required": True, "content": content}}


# the schemas of such bodies, for the API's description
described_bodies: dict[str, Any] = {}


def dump_json(data: Any) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z, default=str)


def answer(data: Any, *, status: int = 200) -> HttpResponse:
    """Return `data` as the JSON answer, without a second look by a model."""
    return HttpResponse(dump_json(data), status=status, content_type="application/json")


def check_header(name: str, value: str, *, longest: int) -> str:
    """Return a header's value; raises MalformedError when it is too long or not plain text."""
    if len(value) > longest or not value.isascii() or not value.isprintable():
        raise MalformedError(
            _("%(name)s must be plain ASCII text of up to %(n)d characters.")
            % {"name": name, "n": longest}
        )
    return value


def page(rows: QuerySet[M, M], *, order: Sequence[str], limit: int, cursor: str) -> Page[M]:
    """Return a page of `rows`; a cursor that is not ours is refused as malformed (400)."""
    try:
        return page_of(rows, order=order, limit=limit, cursor=cursor)
    except InvalidError as error:
        raise MalformedError(error.message, fields=error.fields) from None
