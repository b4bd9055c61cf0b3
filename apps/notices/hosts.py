"""Where messages may go: people give us addresses, and our server must not knock at doors for
them that they can't reach themselves."""

from django.conf import settings

from apps.lib.hosts import addresses_of


def is_trusted(host: str) -> bool:
    """Say whether whoever runs the control room named this host in NOTICE_HOSTS."""
    return host.lower() in settings.NOTICE_HOSTS


def check_host(host: str) -> None:
    """Raise InvalidError for a host of the inner network that NOTICE_HOSTS does not name.

    The name is looked up now, and again by whoever connects: a name that answers differently a
    moment later gets through. Networks that must be safe from that need a filter of their own.
    """
    if not is_trusted(host):
        addresses_of(host, None, allowed=settings.NOTICE_HOSTS, setting="NOTICE_HOSTS")
