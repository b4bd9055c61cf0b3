from django.urls import path

from . import views

app_name = "landscape"
urlpatterns = [path("map/", views.landscape, name="map")]
