from django.urls import path

from . import gate_views as views

app_name = "gate_settings"
urlpatterns = [
    path("gates/", views.gate_list, name="list"),
    path("gates/new/", views.gate_create, name="create"),
    path("gates/<int:pk>/", views.gate_edit, name="edit"),
]
