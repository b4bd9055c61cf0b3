"""Two ways through Django: pages in one thread each, API calls on the event loop."""

import asyncio
from contextlib import closing

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .limits import Receive, Scope, Send


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

    A call that waits for work holds no thread, and most of a bot's calls never use one: two
    thread starts for Django's request signals took longer than all the rest. Those signals are
    left out; a view that used a thread's database connection lets go of it itself (see api.py).

    Who calls is found out by the API's own authentication; there is no session, so there is
    nothing to forge a request with.
    """

    urlconf = "controlroom.api_urls"

    def load_middleware(self, is_async: bool = True) -> None:
        of_pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async=True)
        finally:
            settings.MIDDLEWARE = of_pages

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call. Who hangs up meanwhile has the view cancelled."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            request, refusal = self.create_request(scope, body)
            if request is not None:
                request.urlconf = self.urlconf
                await self._answer(request, receive, send)
            elif refusal is not None:
                await self.send_response(refusal, send)

    async def _answer(self, request: HttpRequest, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        answering = asyncio.create_task(self._respond(request, send))
        try:
            await asyncio.wait([leaving, answering], return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            answering.cancel()
            _left, failure = await asyncio.gather(leaving, answering, return_exceptions=True)
        if isinstance(failure, Exception):
            raise failure

    async def _respond(self, request: HttpRequest, send: Send) -> None:
        response = await self.run_get_response(request)
        try:
            await self.send_response(response, send)
        finally:
            response.close()
