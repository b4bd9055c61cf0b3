from django.urls import path

from . import views

app_name = "triggers"
urlpatterns = [
    path("", views.trigger_list, name="trigger_list"),
    path("week/", views.week, name="week"),
    path("new/", views.trigger_create, name="trigger_create"),
    path("preview/", views.preview_new, name="preview_new"),
    path("pause-all/", views.pause_all, name="pause_all"),
    path("resume-all/<int:folder_pk>/", views.resume_all, name="resume_all"),
    path("<int:pk>/", views.trigger_detail, name="trigger_detail"),
    path("<int:pk>/edit/", views.trigger_edit, name="trigger_edit"),
    path("<int:pk>/preview/", views.preview, name="preview"),
    path("<int:pk>/fire/", views.trigger_fire, name="fire"),
    path("<int:pk>/dry-run/", views.trigger_dry_run, name="dry_run"),
    path("<int:pk>/pause/", views.trigger_pause, name="pause"),
    path("<int:pk>/resume/", views.trigger_resume, name="resume"),
    path("<int:pk>/remove/", views.trigger_remove, name="remove"),
    path("<int:pk>/secret/", views.secret_replace, name="secret"),
    path("<int:pk>/deliveries/<int:number>/", views.delivery_detail, name="delivery"),
    path("<int:pk>/deliveries/<int:number>/again/", views.delivery_again, name="delivery_again"),
    path(
        "<int:pk>/deliveries/<int:number>/files/<slug:file_id>/",
        views.delivery_file,
        name="delivery_file",
    ),
    path("<int:pk>/versions/<int:number>/roll-back/", views.trigger_roll_back, name="roll_back"),
]
