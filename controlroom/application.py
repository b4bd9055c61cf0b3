"""What the web process serves, from the outside in.

lifespan → static files → body limit → API | hooks | pages | live connections
"""

from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path

from apps.events.consumers import LiveConsumer
from apps.lib.lifespan import shutdown_steps, startup_steps

from .assets import with_static_files
from .handlers import ApiHandler, PageHandler
from .hooking import HOOKS_PREFIX, HookHandler
from .limits import Application, BodyLimit, Receive, Scope, Send
from .origins import SameOrigin

API_PREFIX = "/api/v1/"
# The API's own pages are for people, who are signed in by their session.
API_PAGES = ("/api/v1/docs", "/api/v1/openapi.json")


class Router:
    """Send a connection to where it belongs."""

    def __init__(self) -> None:
        self.pages = PageHandler()
        self.api = ApiHandler()
        self.hooks = HookHandler()
        self.live = _live_connections()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application_for(scope)(scope, receive, send)

    def _application_for(self, scope: Scope) -> Application:
        if scope["type"] == "websocket":
            return self.live
        address = scope["path"]
        if address.startswith(API_PREFIX) and not address.startswith(API_PAGES):
            return self.api
        if address.startswith(HOOKS_PREFIX):
            return self.hooks
        return self.pages


class Lifespan:
    """Run the apps' startup steps before the first request and their shutdown steps at the end."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        await receive()
        for step in startup_steps():
            await step()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for step in shutdown_steps():
            await step()
        await send({"type": "lifespan.shutdown.complete"})


def _live_connections() -> Application:
    consumer: Any = LiveConsumer.as_asgi()
    routes = [path("ws/live/", consumer)]
    guarded: Application = SameOrigin(CookieMiddleware(_KnownOnly(URLRouter(routes))))
    return guarded


class _KnownOnly:
    """Deny live connections to unknown addresses, instead of failing on them."""

    def __init__(self, router: URLRouter) -> None:
        self.router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.router(scope, receive, send)
        except ValueError as error:
            if "No route found" not in str(error):
                raise
            await WebsocketDenier()(scope, receive, send)


def build_application() -> Application:
    limited = BodyLimit(Router(), max_bytes=settings.MAX_BODY_BYTES)
    return Lifespan(with_static_files(limited))
