from django.urls import path

from . import views

app_name = "decisions"
urlpatterns = [
    path("", views.decision_list, name="decision_list"),
    path("<int:pk>/", views.decision_detail, name="decision_detail"),
    path("<int:pk>/versions/<int:number>/model.dmn", views.decision_xml, name="decision_xml"),
]
