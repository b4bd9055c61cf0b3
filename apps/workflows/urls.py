from django.urls import path

from . import views

app_name = "workflows"
urlpatterns = [
    path("", views.workflow_list, name="workflow_list"),
    path("upload/", views.workflow_upload, name="workflow_upload"),
    path("patterns/<slug:name>.bpmn", views.pattern_download, name="pattern_download"),
    path("<int:pk>/", views.workflow_detail, name="workflow_detail"),
    path("<int:pk>/start/", views.workflow_start, name="workflow_start"),
    path("<int:pk>/versions/<int:number>/model.bpmn", views.version_xml, name="version_xml"),
]
