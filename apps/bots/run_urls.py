from django.urls import path

from . import run_views as views

app_name = "runs"
urlpatterns = [
    path("", views.run_list, name="run_list"),
    path("<int:pk>/", views.run_detail, name="run_detail"),
    path("<int:pk>/stop/", views.run_stop, name="run_stop"),
]
