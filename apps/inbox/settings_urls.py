from django.urls import path

from . import settings_views as views

app_name = "handling_settings"
urlpatterns = [
    path("handling/", views.rule_list, name="list"),
    path("handling/new/", views.rule_create, name="create"),
    path("handling/<int:pk>/", views.rule_edit, name="edit"),
    path("handling/<int:pk>/remove/", views.rule_remove, name="remove"),
]
