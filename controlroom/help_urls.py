from django.urls import path

from . import help_views as views

app_name = "help"
urlpatterns = [
    path("", views.help_index, name="index"),
    path("pictures/<str:name>", views.help_picture, name="picture"),
    path("<slug:topic>/", views.help_topic, name="topic"),
]
