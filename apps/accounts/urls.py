from django.urls import path

from . import absence_views, views
from .entry import prove_views, security_views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("welcome/<str:encoded_id>/<str:token>/", views.welcome, name="welcome"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("profile/prove/", prove_views.prove, name="prove"),
    path("profile/security/", security_views.security, name="security"),
    path("profile/security/app/", security_views.app_set_up, name="app_set_up"),
    path("profile/security/codes/", security_views.codes_new, name="codes_new"),
    path("profile/security/passkeys/new/", security_views.passkey_new, name="passkey_new"),
    path("profile/security/passkeys/<int:pk>/", security_views.passkey_edit, name="passkey"),
    path(
        "profile/security/factors/<int:pk>/remove/",
        security_views.factor_remove,
        name="factor_remove",
    ),
    path("profile/security/sessions/end/", security_views.sessions_end, name="sessions_end"),
    path("profile/security/sessions/<int:pk>/end/", security_views.session_end, name="session_end"),
    path("profile/security/with/<slug:key>/", security_views.identity_link, name="identity_link"),
    path(
        "profile/security/identities/<int:pk>/remove/",
        security_views.identity_unlink,
        name="identity_unlink",
    ),
    path("people/<int:pk>/absences/", absence_views.absence_page, name="absences"),
    path("absences/<int:pk>/remove/", absence_views.absence_remove, name="absence_remove"),
    path("folder/", views.choose_folder_view, name="choose_folder"),
]
