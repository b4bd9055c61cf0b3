from django.urls import path

from . import views

app_name = "inbox"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("team/", views.team, name="team"),
    path("team/move/", views.team_move, name="team_move"),
    path("team/undo/<int:number>/", views.team_undo, name="team_undo"),
    path("<int:pk>/", views.task_detail, name="task"),
    path("<int:pk>/decide/", views.task_decide, name="decide"),
    path("<int:pk>/undo/", views.task_undo, name="undo"),
    path("<int:pk>/recall/", views.task_recall, name="recall"),
    path("<int:pk>/draft/", views.task_draft, name="draft"),
    path("<int:pk>/claim/", views.task_claim, name="claim"),
    path("<int:pk>/release/", views.task_release, name="release"),
    path("<int:pk>/reassign/", views.task_reassign, name="reassign"),
    path("<int:pk>/comments/", views.task_comment, name="comment"),
    path("<int:pk>/evidence/", views.task_evidence, name="evidence"),
    path("<int:pk>/files/", views.file_add, name="file_add"),
    path("<int:pk>/files/<int:file_id>/", views.file_download, name="file_download"),
    path("<int:pk>/files/<int:file_id>/image/", views.file_image, name="file_image"),
    path("<int:pk>/files/<int:file_id>/pages/<int:page>/", views.file_page, name="file_page"),
    path("<int:pk>/reveal/", views.task_reveal, name="reveal"),
    path("<int:pk>/snooze/", views.task_snooze, name="snooze"),
    path("<int:pk>/wake/", views.task_wake, name="wake"),
    path("<int:pk>/story/", views.task_story, name="story"),
    path("<int:pk>/people/", views.task_people, name="people"),
    path("<int:pk>/mentions/", views.task_mentions, name="mentions"),
    path("link/<str:token>/", views.decision_link, name="link"),
    path("bulk/preview/", views.bulk, name="bulk"),
    path("bulk/", views.bulk_decide, name="bulk_decide"),
    path("bulk/reassign/", views.bulk_reassign, name="bulk_reassign"),
    path("bulk/snooze/", views.bulk_snooze, name="bulk_snooze"),
    path("bulk/undo/", views.bulk_undo, name="bulk_undo"),
    path("views/", views.view_save, name="view_save"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
]
