from django.urls import path

from . import views

app_name = "notices"
urlpatterns = [
    path("", views.notice_list, name="list"),
    path("panel/", views.panel, name="panel"),
    path("read/", views.read_all, name="read_all"),
    path("seen/", views.seen, name="seen"),
    path("<int:pk>/read/", views.read, name="read"),
]
