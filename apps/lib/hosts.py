"""Where our server may knock for people: hosts of the world, not those of our own network.

People give us addresses; through them they must not reach what they can't reach themselves.
"""

import ipaddress
import socket
from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from .errors import InvalidError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# addresses of IPv6 that a router turns into one of IPv4, which may be of any network
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Say whether it is an address of the internet, whatever it is wrapped into."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in _meant_by(found))


def addresses_of(
    host: str, port: int | None, *, allowed: Collection[str], setting: str
) -> list[str]:
    """Return the addresses of `host`, looked up now: who connects to these, and to nothing looked
    up later, gets where it was checked.

    Raises InvalidError for a host that there is not, and for one of the inner network that
    `allowed`, which is the setting of that name, does not name.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidError(_("There is no host called %(host)s.") % {"host": host[:100]}) from None
    found = list(dict.fromkeys(str(each[4][0]) for each in answers))
    if host.lower() not in allowed and not all(map(is_public, found)):
        raise InvalidError(
            _(
                "%(host)s is inside our network. Whoever runs the control room can allow it "
                "(%(name)s)."
            )
            % {"host": host[:100], "name": setting}
        )
    return found


def _meant_by(address: Address) -> Iterator[Address]:
    """Yield the address, or the one of IPv4 that it stands for, and itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
            return
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
        if address in NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    yield address
