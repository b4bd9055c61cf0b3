from django.urls import path

from . import settings_views

app_name = "notice_settings"
urlpatterns = [path("notices/", settings_views.folder_settings, name="list")]
