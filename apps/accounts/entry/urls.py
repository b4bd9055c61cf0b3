"""The steps of signing in. The names are those that django-allauth looks for; none of its own
addresses exist here."""

from django.urls import path

from apps.accounts.views import sign_in

from . import views

urlpatterns = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/code/", views.second_factor, name="mfa_authenticate"),
    path("sign-in/set-up/", views.set_up, name="sign_in_set_up"),
    path("sign-in/passkey/options/", views.passkey_options, name="passkey_options"),
    path("sign-in/passkey/", views.passkey_sign_in, name="passkey_sign_in"),
    path("sign-in/with/<slug:provider_id>/", views.provider_start, name="openid_connect_login"),
    path(
        "sign-in/with/<slug:provider_id>/back/",
        views.provider_back,
        name="openid_connect_callback",
    ),
]
