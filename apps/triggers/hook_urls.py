"""Addresses of webhooks; not under /api, since callers sign instead of having a token."""

from django.urls import path

from .hooks import receive_call

app_name = "hooks"
# called a token, since logs leave that out
urlpatterns = [path("hooks/<path:token>", receive_call, name="receive")]
