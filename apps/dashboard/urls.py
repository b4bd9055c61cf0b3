from django.urls import path

from . import views

app_name = "dashboard"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("overview/<slug:key>/", views.overview_list, name="list"),
    path("overview/steps/hide/", views.hide_steps, name="hide_steps"),
    path("today/", views.today, name="today"),
    path("today/hand-overs/", views.hand_over_write, name="hand_over_write"),
    path("today/hand-overs/<int:pk>/", views.hand_over_detail, name="hand_over"),
    path("today/hand-overs/<int:pk>/change/", views.hand_over_change, name="hand_over_change"),
    path("today/hand-overs/<int:pk>/take/", views.hand_over_take, name="hand_over_take"),
    path("wall/<slug:key>/", views.wall_preview, name="wall_preview"),
    path("wall/<slug:key>/<str:token>/", views.wall_page, name="wall"),
    path("wall/<slug:key>/<str:token>/now/", views.wall_now, name="wall_now"),
]
