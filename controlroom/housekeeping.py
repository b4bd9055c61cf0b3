"""Tidying up that belongs to no app of ours."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session


def clear_sessions() -> None:
    """Remove the sessions that have ended by time, and what is known of those that are gone."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
