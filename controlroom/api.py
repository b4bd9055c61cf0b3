"""The REST API: one NinjaAPI, put together from the apps' routers.

Every error is a problem document (RFC 9457): what the domain refuses, wrong fields, unknown
addresses, and a database that is away.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import psycopg
import structlog
from asgiref.sync import iscoroutinefunction
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from psycopg_pool import PoolTimeout

from apps.accounts.auth import NotSignedInError, TokenAuth
from apps.lib.errors import DomainError, InvalidError, MalformedError, NotFoundError
from apps.lib.gathering import GoneError
from apps.lib.http import JsonParser, JsonRenderer, described_bodies
from apps.lib.problems import field_problems
from apps.lib.threads import let_go_of_connections

from .answers import problem

log = structlog.get_logger("controlroom.api")

DESCRIPTION = """
Give work to bots, take it as a bot, see and change what is there.

Sign in with `Authorization: Bearer <token>`; tokens are made under Settings, API tokens. Calls act
in the token's folder, or in the one whose key is in `X-Folder`. Errors are problem documents
(RFC 9457) whose `errors` name the fields. Lists are `{items, next_cursor}`. Times are RFC 3339 with
a zone. `Idempotency-Key` makes adding and leasing safe to repeat for seven days.
"""
# Prefix and module; an app takes part as soon as it has the module, with a `router` in it
ROUTERS = [
    ("", "apps.queues.api"),
    ("", "apps.queues.exchange.api"),
    ("", "apps.forecast.api"),
    ("", "apps.queues.why_api"),
    ("", "apps.accounts.api"),
    ("", "apps.calendars.api"),
    ("", "apps.limits.api"),
    ("", "apps.operations.api"),
    ("", "apps.webhooks.api"),
    ("", "apps.bots.api"),
    ("", "apps.bots.why_api"),
    ("", "apps.assets.api"),
    ("/user-tasks", "apps.inbox.api"),
    ("", "apps.inbox.rules_api"),
    ("/user-tasks", "apps.inbox.api_files"),
    ("", "apps.workflows.api"),
    ("", "apps.workflows.why_api"),
    ("", "apps.learning.api"),
    ("", "apps.ai.api"),
    ("", "apps.triggers.api"),
    ("", "apps.triggers.api_deliveries"),
    ("", "apps.triggers.why_api"),
    ("", "apps.alerts.api"),
    ("", "apps.reports.api"),
    ("", "apps.failures.api"),
    ("", "apps.search.api"),
    ("", "apps.audit.api"),
    ("", "apps.evidence.api"),
    ("", "apps.log.api"),
]
RETRY_AFTER_SECONDS = 2
UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout, GoneError)


class NotAvailableError(DomainError):
    """PostgreSQL can't be reached now."""

    status = 503
    code = "not_available"
    title = "Not available now"


class WrongMethodError(DomainError):
    """There is such an address, but not for this method."""

    status = 405
    code = "method_not_allowed"
    title = "Wrong method"


class ControlroomApi(NinjaAPI):
    """Ninja, but errors keep the wrong value, which the caller may see: it is the caller's."""

    def get_openapi_schema(self, **named: Any) -> OpenAPISchema:
        """Add the bodies that views read themselves."""
        found = super().get_openapi_schema(**named)
        found["components"]["schemas"].update(described_bodies)
        return found

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        found = []
        for context in error_contexts:
            source = context.model.__ninja_param_source__
            names = context.model.__ninja_flatten_map_reverse__
            for error in context.pydantic_validation_error.errors(include_url=False):
                location = (source, *names.get(error["loc"], error["loc"]))
                found.append({**error, "loc": location})
        return ValidationError(found)


def make_api() -> NinjaAPI:
    api = ControlroomApi(
        title="Controlroom",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api",
        auth=TokenAuth(),
        docs=Swagger({"persistAuthorization": False, "tryItOutEnabled": True}),
        parser=JsonParser(),
        renderer=JsonRenderer(),
    )
    for prefix, name in ROUTERS:
        if find_spec(name):
            api.add_router(prefix, import_module(name).router)
    _handle_errors(api)
    return api


def _handle_errors(api: NinjaAPI) -> None:
    handlers: list[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]] = [
        (DomainError, _refused),
        (ValidationError, _invalid),
        (HttpError, _http_error),
        (Http404, _unknown),
        (DataError, _unstorable),
        (psycopg.DataError, _unstorable),
        (psycopg.OperationalError, _unreachable),
        *((each, _unreachable) for each in UNREACHABLE),
    ]
    for exception, handler in handlers:
        api.add_exception_handler(exception, handler)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    response = problem(error)
    if isinstance(error, NotSignedInError):
        response.headers["WWW-Authenticate"] = 'Bearer realm="controlroom"'
    return response


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = field_problems(error.errors, drop_source=True)
    first = fields[0]
    message = f"{first.path}: {first.message}." if first.path else f"{first.message}."
    return problem(InvalidError(message, fields=fields))


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja wraps what goes wrong while a body is read; what is inside says more."""
    if isinstance(error.__cause__, DomainError):
        return _refused(request, error.__cause__)
    return problem(MalformedError(str(error)))


def _unknown(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(NotFoundError(_("There is nothing at this address, or not for you.")))


def _unstorable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The last wall: what got past validation and PostgreSQL refused. Look into each of them."""
    log.warning("api_data_refused_by_database", path=request.path, error=str(error))
    return problem(MalformedError(_("A value in this call can't be stored.")))


def _unreachable(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("api_database_unreachable", path=request.path, error=str(error))
    detail = _("The database does not answer. Nothing is lost; send the call again in a moment.")
    response = problem(NotAvailableError(detail))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _wrong_method(allowed: str) -> HttpResponse:
    response = problem(WrongMethodError(_("Allowed here: %(methods)s.") % {"methods": allowed}))
    response.headers["Allow"] = allowed
    return response


View = Callable[..., HttpResponseBase | Awaitable[HttpResponseBase]]


def _for_tokens(view: View) -> View:
    """Free a view from the sign-in of pages, and have it refuse wrong methods in our words."""

    def checked(response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponseNotAllowed):
            response = _wrong_method(response.headers["Allow"])
        if isinstance(response, HttpResponse):
            # said, so that it need not be sent in chunks
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    wrapped: View
    if iscoroutinefunction(view):

        @wraps(view)
        async def answer_later(*arguments: Any, **named: Any) -> HttpResponseBase:
            response: Any = view(*arguments, **named)
            return checked(await response)

        wrapped = answer_later
    else:

        @wraps(view)
        def answer_now(*arguments: Any, **named: Any) -> HttpResponseBase:
            try:
                response: Any = view(*arguments, **named)
            finally:
                # of this thread, which ends with the call
                let_go_of_connections()
            return checked(response)

        wrapped = answer_now
    wrapped.__dict__["login_required"] = False
    return wrapped


def _free(patterns: list[URLPattern | URLResolver]) -> None:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _free(pattern.url_patterns)
        else:
            pattern.callback = _for_tokens(pattern.callback)


api = make_api()
# The description of the API is no secret: the docs need no sign-in, so that tools can read them.
urls = api.urls
_free(urls[0])
