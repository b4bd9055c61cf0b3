from django.urls import path

from . import views

app_name = "queues"
urlpatterns = [
    path("", views.queue_list, name="queue_list"),
    path("<int:pk>/", views.queue_detail, name="queue_detail"),
    path("<int:pk>/add/", views.item_add, name="item_add"),
    path("<int:pk>/pause/", views.queue_pause, name="queue_pause"),
    path("<int:pk>/resume/", views.queue_resume, name="queue_resume"),
]
