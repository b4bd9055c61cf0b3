from django.urls import path

from . import views

app_name = "log"
urlpatterns = [
    path("", views.log_page, name="page"),
    path("download/", views.log_download, name="download"),
]
