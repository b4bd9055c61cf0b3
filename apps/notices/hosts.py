"""Where messages may go: people give us addresses, and our server must not knock at doors for
them that they can't reach themselves."""

import ipaddress
import socket

from django.conf import settings
from django.utils.translation import gettext as _

from apps.lib.errors import InvalidError


def is_trusted(host: str) -> bool:
    """Say whether whoever runs the control room named this host in NOTICE_HOSTS."""
    return host.lower() in settings.NOTICE_HOSTS


def check_host(host: str) -> None:
    """Raise InvalidError for a host of the inner network that NOTICE_HOSTS does not name.

    The name is looked up now, and again by whoever connects: a name that answers differently a
    moment later gets through. Networks that must be safe from that need a filter of their own.
    """
    if is_trusted(host):
        return
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        raise InvalidError(_("There is no host called %(host)s.") % {"host": host[:100]}) from None
    if not all(ipaddress.ip_address(str(each).partition("%")[0]).is_global for each in found):
        raise InvalidError(
            _(
                "%(host)s is inside our network. Whoever runs the control room can allow it "
                "(NOTICE_HOSTS)."
            )
            % {"host": host[:100]}
        )
