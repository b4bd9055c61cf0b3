"""Who may open a live connection: pages of this control room, by scheme, host and port."""

from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from .limits import Application, Receive, Scope, Send

DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEMES = {"ws": "http", "wss": "https"}


class SameOrigin:
    """Deny a WebSocket whose Origin is not exactly where the control room itself is."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_same_origin(scope):
            await self.application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def is_same_origin(scope: Scope) -> bool:
    """Compare scheme, host and port; a missing or broken Origin is foreign."""
    headers = dict(scope.get("headers", []))
    claimed = _origin_of(headers.get(b"origin", b"").decode("latin1"))
    if claimed is None:
        return False
    if settings.PUBLIC_URL:
        return claimed == _origin_of(settings.PUBLIC_URL)
    host = headers.get(b"host", b"").decode("latin1")
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    return claimed == _origin_of(f"{SCHEMES.get(scope.get('scheme', 'ws'), 'http')}://{host}")


def _origin_of(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
