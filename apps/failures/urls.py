from django.urls import path

from . import views

app_name = "failures"
urlpatterns = [
    path("", views.failure_list, name="list"),
    path("do/", views.failures_do, name="do"),
    path("<int:pk>/", views.failure_detail, name="detail"),
    path("<int:pk>/retry/", views.failure_retry, name="retry"),
    path("<int:pk>/retry/cancel/", views.failure_cancel_retry, name="cancel_retry"),
    path("<int:pk>/assign/", views.failure_assign, name="assign"),
    path("<int:pk>/mute/", views.failure_mute, name="mute"),
    path("<int:pk>/unmute/", views.failure_unmute, name="unmute"),
    path("<int:pk>/resolve/", views.failure_resolve, name="resolve"),
    path("<int:pk>/reopen/", views.failure_reopen, name="reopen"),
    path("<int:pk>/runbook/", views.failure_runbook, name="runbook"),
    path("<int:pk>/data-problem/", views.failure_rule, name="rule"),
    path("<int:pk>/data-problem/remove/", views.failure_unrule, name="unrule"),
]
