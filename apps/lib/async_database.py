"""A connection to PostgreSQL of the event loop's own; Django's belong to threads."""

import asyncio
from typing import Any

import psycopg
from django.db import connections
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

# What says that the connection, not the statement, is at fault
CONNECTION_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
CLOSE_SECONDS = 2.0


async def connect(name: str) -> AsyncConnection[TupleRow]:
    """Return a new autocommit connection with Django's settings; close it on the same loop."""
    parameters = _parameters()
    parameters["application_name"] = name
    return await AsyncConnection.connect(**parameters, autocommit=True)


async def close(connection: AsyncConnection[TupleRow] | None) -> None:
    """Close `connection`; never raises, not even when the server hangs."""
    if connection is None or connection.closed:
        return
    try:
        await asyncio.wait_for(connection.close(), CLOSE_SECONDS)
    except Exception:
        # whatever it was: the socket is closed, and there is nothing else to do
        connection.pgconn.finish()


def _parameters() -> dict[str, Any]:
    parameters = connections["default"].get_connection_params()
    # Django's own ways with cursors, types and prepared statements stay with Django
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters
