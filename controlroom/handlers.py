"""Two ways through Django: pages in one thread each, API calls on the event loop."""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PageHandler(ASGIHandler):
    """Run the whole synchronous stack of a page in one thread: one hop, not one per middleware."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await sync_to_async(self.get_response)(request)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        return response


class ApiHandler(ASGIHandler):
    """Run API calls through `API_MIDDLEWARE` alone, which never leaves the event loop.

    A call that waits for work holds no thread. Who calls is found out by the API's own
    authentication; there is no session, so there is nothing to forge a request with.
    """

    def load_middleware(self, is_async: bool = True) -> None:
        of_pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async=True)
        finally:
            settings.MIDDLEWARE = of_pages
