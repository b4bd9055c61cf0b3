from django.urls import path

from . import views

app_name = "limit_settings"
urlpatterns = [
    path("limits/", views.limit_list, name="list"),
    path("limits/new/", views.limit_create, name="create"),
    path("limits/<int:pk>/", views.limit_edit, name="edit"),
    path("limits/<int:pk>/remove/", views.limit_remove, name="remove"),
    path("freezes/", views.freeze_list, name="freezes"),
    path("freezes/new/", views.freeze_create, name="freeze_create"),
    path("freezes/<int:pk>/", views.freeze_edit, name="freeze_edit"),
    path("freezes/<int:pk>/remove/", views.freeze_remove, name="freeze_remove"),
]
