"""How often one address may ask to come in during a minute, counted in PostgreSQL."""

from typing import Final

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError

# Whole offices sign in from one address at nine o'clock
PER_MINUTE: Final = 120
MAX_ACTION: Final = 40

_COUNT: Final = """
insert into accounts_entrycount as c (bucket, n, ends_at)
values (%(bucket)s || ':' || floor(extract(epoch from statement_timestamp()) / 60)::bigint, 1,
        statement_timestamp() + interval '2 minutes')
    on conflict (bucket) do update set n = c.n + 1
returning n
"""


class TooOftenError(DomainError):
    """This address asked too often; it may again in a minute."""

    status = 429
    code = "too_often"
    title = "Too many tries"


def throttle(request: HttpRequest, action: str, *, per_minute: int = PER_MINUTE) -> None:
    """Count one try of `action` from the caller's address. Raises TooOftenError beyond the limit.

    To be called outside of transactions that may be undone: a refused try counts, too.
    """
    bucket = f"{action[:MAX_ACTION]}:{address_of(request)}"
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"bucket": bucket})
        (n,) = cursor.fetchone()
    if n > per_minute:
        raise TooOftenError(
            _("Too many tries from your address within a minute. Wait a minute, then try again.")
        )


def address_of(request: HttpRequest) -> str:
    """Return the caller's address as the connection (or the trusted proxy) says; "" for none."""
    return str(request.META.get("REMOTE_ADDR") or "")[:45]


def prune_entry_counts() -> int:
    """Forget the counts of minutes that are over."""
    with connection.cursor() as cursor:
        cursor.execute("delete from accounts_entrycount where ends_at < statement_timestamp()")
        return int(cursor.rowcount)
