from django.urls import path

from . import views

app_name = "instances"
urlpatterns = [
    path("", views.instance_list, name="instance_list"),
    path("<int:pk>/", views.instance_detail, name="instance_detail"),
    path("<int:pk>/<slug:verb>/", views.instance_verb, name="instance_verb"),
]
