"""Static files, answered before Django is asked."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from servestatic import ServeStaticASGI

from .limits import Application


def with_static_files(application: Application) -> Application:
    """Return an application that serves the static files of the project and of all apps."""
    files = ServeStaticASGI(
        application,
        max_age=settings.STATIC_MAX_AGE_SECONDS,
        allow_all_origins=False,
        add_headers_function=_harden,
    )
    for finder in reversed(list(finders.get_finders())):
        for storage in reversed(list(getattr(finder, "storages", {}).values())):
            files.add_files(storage.location, settings.STATIC_URL)
    served: Application = files
    return served


def _harden(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
