from django.urls import path

from . import views

app_name = "bots"
urlpatterns = [
    path("", views.bot_list, name="bot_list"),
    path("<int:pk>/", views.bot_detail, name="bot_detail"),
    path("<int:pk>/standing/", views.bot_standing, name="bot_standing"),
]
