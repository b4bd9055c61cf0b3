"""The ASGI application: `uvicorn controlroom.asgi:application`, or `python -m controlroom.web`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlroom.settings")
os.environ.setdefault("CONTROLROOM_ROLE", "web")
django.setup(set_prefix=False)

from .application import build_application  # noqa: E402 - Django must be set up first

application = build_application()
