from django.urls import path

from . import views

app_name = "wall_settings"
urlpatterns = [
    path("walls/", views.wall_list, name="list"),
    path("walls/new/", views.wall_create, name="create"),
    path("walls/<int:pk>/", views.wall_edit, name="edit"),
    path("walls/<int:pk>/remove/", views.wall_remove, name="remove"),
    path("walls/<int:pk>/tokens/", views.token_create, name="token_create"),
    path("walls/<int:pk>/tokens/<int:token_pk>/revoke/", views.token_revoke, name="token_revoke"),
]
