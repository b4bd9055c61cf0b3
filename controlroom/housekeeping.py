"""Tidying up that belongs to no app of ours."""

from django.contrib.sessions.backends.db import SessionStore


def clear_sessions() -> None:
    """Remove the sessions that have ended by time."""
    SessionStore.clear_expired()
