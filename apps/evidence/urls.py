from django.urls import path

from . import views

app_name = "evidence"
urlpatterns = [
    path("evidence/", views.evidence_page, name="page"),
    path("evidence-key.pem", views.evidence_key, name="key"),
]
