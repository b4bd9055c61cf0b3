from django.urls import path

from . import views

app_name = "retention_settings"
urlpatterns = [
    path("retention/", views.overview, name="overview"),
    path("retention/<slug:table>/", views.policy, name="policy"),
    path("retention/archives/<int:pk>/", views.download, name="download"),
]
