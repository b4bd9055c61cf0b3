from django.urls import path

from . import views

app_name = "inbox"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<int:pk>/", views.task_detail, name="task"),
    path("<int:pk>/decide/", views.task_decide, name="decide"),
    path("<int:pk>/undo/", views.task_undo, name="undo"),
    path("<int:pk>/recall/", views.task_recall, name="recall"),
    path("<int:pk>/draft/", views.task_draft, name="draft"),
    path("<int:pk>/claim/", views.task_claim, name="claim"),
    path("<int:pk>/release/", views.task_release, name="release"),
    path("<int:pk>/reassign/", views.task_reassign, name="reassign"),
    path("<int:pk>/comments/", views.task_comment, name="comment"),
    path("<int:pk>/reveal/", views.task_reveal, name="reveal"),
]
