from django.urls import path

from . import views

app_name = "calendar_settings"
urlpatterns = [
    path("calendars/", views.calendar_list, name="list"),
    path("calendars/new/", views.calendar_create, name="create"),
    path("calendars/<int:pk>/", views.calendar_edit, name="edit"),
    path("calendars/<int:pk>/remove/", views.calendar_remove, name="remove"),
]
