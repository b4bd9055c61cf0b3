from django.urls import path

from . import views

app_name = "demo"
urlpatterns = [
    path("", views.try_it, name="try_it"),
    path("sign-in/", views.quick_login, name="quick_login"),
    path("steps/<slug:key>/", views.start_step, name="start_step"),
    path("kill/", views.kill_bot, name="kill_bot"),
    path("upload/", views.upload, name="upload"),
    path("trickle/", views.trickle, name="trickle"),
    path("ledger/", views.ledger, name="ledger"),
]
