"""The addresses of the API alone: calls of bots need not be compared with every page's."""

from django.urls import path

from . import views
from .api import urls

urlpatterns = [path("api/v1/", urls)]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
