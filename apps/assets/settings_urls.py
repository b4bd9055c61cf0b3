from django.urls import path

from . import views

app_name = "asset_settings"
urlpatterns = [
    path("assets/", views.asset_list, name="list"),
    path("assets/new/", views.asset_create, name="create"),
    path("assets/<int:pk>/", views.asset_edit, name="edit"),
    path("assets/<int:pk>/remove/", views.asset_remove, name="remove"),
    path("assets/<int:pk>/bots/", views.override_create, name="override_create"),
    path("assets/<int:pk>/bots/<int:bot_pk>/", views.override_edit, name="override"),
    path(
        "assets/<int:pk>/bots/<int:bot_pk>/remove/", views.override_remove, name="override_remove"
    ),
]
