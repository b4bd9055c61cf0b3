from django.urls import path

from . import absence_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("welcome/<str:encoded_id>/<str:token>/", views.welcome, name="welcome"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("people/<int:pk>/absences/", absence_views.absence_page, name="absences"),
    path("absences/<int:pk>/remove/", absence_views.absence_remove, name="absence_remove"),
    path("folder/", views.choose_folder_view, name="choose_folder"),
]
