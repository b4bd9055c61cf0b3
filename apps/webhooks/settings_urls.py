from django.urls import path

from . import views

app_name = "webhook_settings"
urlpatterns = [
    path("webhooks/", views.webhook_list, name="list"),
    path("webhooks/new/", views.webhook_create, name="create"),
    path("webhooks/<int:pk>/", views.webhook_detail, name="detail"),
    path("webhooks/<int:pk>/edit/", views.webhook_edit, name="edit"),
    path("webhooks/<int:pk>/secret/", views.webhook_secret, name="secret"),
    path("webhooks/<int:pk>/test/", views.webhook_test, name="test"),
    path("webhooks/<int:pk>/pause/", views.webhook_pause, name="pause"),
    path("webhooks/<int:pk>/resume/", views.webhook_resume, name="resume"),
    path("webhooks/<int:pk>/remove/", views.webhook_remove, name="remove"),
    path("webhooks/<int:pk>/replay/", views.webhook_replay, name="replay"),
    path("webhooks/<int:pk>/deliveries/<int:number>/", views.delivery_detail, name="delivery"),
    path(
        "webhooks/<int:pk>/deliveries/<int:number>/replay/",
        views.delivery_replay,
        name="delivery_replay",
    ),
]
