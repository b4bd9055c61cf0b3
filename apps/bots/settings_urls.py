from django.urls import path

from . import canary_views
from . import settings_views as views

app_name = "bot_settings"
urlpatterns = [
    path("bots/", views.bot_settings_list, name="list"),
    path("bots/<slug:kind>/new/", views.create, name="create"),
    path("bots/<slug:kind>/<int:pk>/", views.edit, name="edit"),
    path("bots/automation/<int:pk>/canary/", canary_views.canary_begin, name="canary_begin"),
    path(
        "bots/automation/<int:pk>/canary/promote/",
        canary_views.canary_promote,
        name="canary_promote",
    ),
    path("bots/automation/<int:pk>/canary/stop/", canary_views.canary_stop, name="canary_stop"),
]
