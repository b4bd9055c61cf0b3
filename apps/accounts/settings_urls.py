from django.urls import path

from . import people_views, settings_views, team_views, token_views
from .entry import person_views
from .entry import settings_views as entry_views

app_name = "settings"
urlpatterns = [
    path("", settings_views.index, name="index"),
    path("people/", people_views.person_list, name="people"),
    path("people/new/", people_views.person_invite, name="person_invite"),
    path("people/<int:pk>/", people_views.person_edit, name="person"),
    path("people/<int:pk>/link/", people_views.person_link, name="person_link"),
    path("people/<int:pk>/disable/", people_views.person_disable, name="person_disable"),
    path("people/<int:pk>/enable/", people_views.person_enable, name="person_enable"),
    path("people/<int:pk>/remove/", people_views.person_remove, name="person_remove"),
    path("people/<int:pk>/unlock/", person_views.person_unlock, name="person_unlock"),
    path(
        "people/<int:pk>/reset-factors/",
        person_views.person_reset_factors,
        name="person_reset_factors",
    ),
    path(
        "people/<int:pk>/identities/<int:identity>/remove/",
        person_views.person_unlink,
        name="person_unlink",
    ),
    path("sign-in/", entry_views.sign_in_settings, name="sign_in"),
    path("sign-in/new/", entry_views.provider_new, name="provider_new"),
    path("sign-in/<int:pk>/", entry_views.provider_edit, name="provider"),
    path("sign-in/<int:pk>/remove/", entry_views.provider_remove, name="provider_remove"),
    path("teams/", team_views.team_list, name="teams"),
    path("teams/new/", team_views.team_create, name="team_create"),
    path("teams/<int:pk>/", team_views.team_edit, name="team"),
    path("teams/<int:pk>/remove/", team_views.team_remove, name="team_remove"),
    path("tokens/", token_views.token_list, name="tokens"),
    path("tokens/new/", token_views.token_create, name="token_create"),
    path("tokens/<int:pk>/revoke/", token_views.token_revoke, name="token_revoke"),
]
