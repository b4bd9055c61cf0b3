from django.urls import path

from . import settings_views as views

app_name = "queue_settings"
urlpatterns = [
    path("queues/", views.queue_settings_list, name="list"),
    path("queues/new/", views.queue_create, name="create"),
    path("queues/<int:pk>/", views.queue_edit, name="edit"),
]
