from django.urls import path

from . import settings_views as views

app_name = "bot_settings"
urlpatterns = [
    path("bots/", views.bot_settings_list, name="list"),
    path("bots/<slug:kind>/new/", views.create, name="create"),
    path("bots/<slug:kind>/<int:pk>/", views.edit, name="edit"),
]
