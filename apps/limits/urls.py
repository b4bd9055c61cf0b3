from django.urls import path

from . import views

app_name = "applications"
urlpatterns = [
    path("", views.application_list, name="list"),
    path("new/", views.application_create, name="create"),
    path("stop/", views.stop_page, name="stop"),
    path("stop/set/", views.stop_set, name="stop_set"),
    path("stop/lift/", views.stop_lift, name="stop_lift"),
    path("<int:pk>/", views.application_detail, name="detail"),
    path("<int:pk>/edit/", views.application_edit, name="edit"),
    path("<int:pk>/hold/", views.application_hold, name="hold"),
    path("<int:pk>/release/", views.application_release, name="release"),
    path("<int:pk>/reset/", views.application_reset, name="reset"),
    path("<int:pk>/remove/", views.application_remove, name="remove"),
]
