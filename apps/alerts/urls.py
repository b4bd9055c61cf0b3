from django.urls import path

from . import views

app_name = "alerts"
urlpatterns = [
    path("", views.alert_list, name="list"),
    path("acknowledge/", views.acknowledge_chosen, name="acknowledge_chosen"),
    path("<int:pk>/", views.alert_detail, name="detail"),
    path("<int:pk>/acknowledge/", views.alert_acknowledge, name="acknowledge"),
    path("<int:pk>/snooze/", views.alert_snooze, name="snooze"),
    path("<int:pk>/resolve/", views.alert_resolve, name="resolve"),
    path("<int:pk>/assign/", views.alert_assign, name="assign"),
    path("<int:pk>/comment/", views.alert_comment, name="comment"),
    path("rules/", views.rule_list, name="rule_list"),
    path("rules/new/", views.rule_create, name="rule_create"),
    path("rules/preview/", views.preview_new, name="preview_new"),
    path("rules/<int:pk>/", views.rule_detail, name="rule_detail"),
    path("rules/<int:pk>/edit/", views.rule_edit, name="rule_edit"),
    path("rules/<int:pk>/preview/", views.preview, name="preview"),
    path("rules/<int:pk>/switch/", views.rule_switch, name="rule_switch"),
    path("rules/<int:pk>/test/", views.rule_test, name="rule_test"),
    path("rules/<int:pk>/remove/", views.rule_remove, name="rule_remove"),
    path("silences/", views.silence_list, name="silence_list"),
    path("silences/<int:pk>/end/", views.silence_end, name="silence_end"),
    path("noise/", views.noise_report, name="noise"),
]
