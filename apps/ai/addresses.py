"""Which addresses may be called: what a person enters, and what a name turns out to be.

A base address comes from a designer, who must not reach with it what only this machine reaches:
the metadata service of a cloud, or plain http into the network. A name is checked again when it is
connected to, before a byte is sent, since it may mean another address by then.
"""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from .exceptions import AddressNotAllowedError

CHAT = "chat/completions"
MAX_ADDRESS = 500

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_base_url(text: str) -> str:
    """Return the base address without a slash at its end. Raises AddressNotAllowedError."""
    try:
        parts = urlsplit(text.strip())
        _port = parts.port
    except ValueError:
        raise AddressNotAllowedError(_("This is no web address.")) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(text) > MAX_ADDRESS:
        raise AddressNotAllowedError(_("This is no web address: it begins with https://."))
    if parts.username is not None or parts.password is not None:
        raise AddressNotAllowedError(_("Leave out the user and the password; use the API key."))
    if parts.query or parts.fragment or not text.strip().isprintable():
        raise AddressNotAllowedError(_("The address must end with its path."))
    if parts.scheme == "http" and not (_is_this_machine(parts.hostname) or settings.AI_ALLOW_HTTP):
        raise AddressNotAllowedError(
            _(
                "Use https://. Plain http is for this machine alone, unless"
                " CONTROLROOM_AI_ALLOW_HTTP allows it."
            )
        )
    literal = _literal(parts.hostname)
    if literal is not None:
        require_address(literal)
    return text.strip().rstrip("/")


def chat_url(base_url: str) -> str:
    """Return where the chat protocol answers; `/v1` is added when the base leaves it out."""
    base = base_url.rstrip("/")
    last = urlsplit(base).path.rpartition("/")[2]
    has_version = len(last) > 1 and last[0] == "v" and last[1].isdigit()
    return f"{base}/{CHAT}" if has_version else f"{base}/v1/{CHAT}"


def check_connected(host: str, *, is_tls: bool, base_url: str) -> None:
    """Judge the address that a connection was made to. Raises AddressNotAllowedError."""
    address = _literal(host)
    if address is None:
        return
    require_address(address)
    if not is_tls and not settings.AI_ALLOW_HTTP and not _mapped(address).is_loopback:
        raise AddressNotAllowedError(
            _("%(address)s leads away from this machine: plain http is not allowed there.")
            % {"address": base_url}
        )


def require_address(address: Address) -> None:
    """Raise AddressNotAllowedError for what no model can be: link-local, multicast, nowhere."""
    real = _mapped(address)
    if real.is_link_local or real.is_multicast or real.is_unspecified:
        raise AddressNotAllowedError(_("The address %s is not one for models.") % real)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _mapped(address: Address) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is judged as what it is."""
    inner = getattr(address, "ipv4_mapped", None)
    return inner or address


def _is_this_machine(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" or (literal is not None and _mapped(literal).is_loopback)
