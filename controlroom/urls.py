"""Every address of the control room; the apps' own are in routes.py."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, path

from . import views
from .routes import app_routes

urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", views.favicon),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    *app_routes(),
]

if find_spec("apps.events.views"):
    from apps.events.views import fragment

    urlpatterns.append(path("live/fragment/", fragment, name="live-fragment"))

if find_spec("controlroom.api"):
    from .api import urls as api_urls

    urlpatterns.append(path("api/v1/", api_urls))

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
