from django.urls import path

from . import views

app_name = "forecast"
urlpatterns = [path("<int:pk>/forecast/", views.queue_forecast, name="queue")]
