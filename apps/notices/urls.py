from django.urls import path

from . import settings_views, views

app_name = "notices"
urlpatterns = [
    path("", views.notice_list, name="list"),
    path("panel/", views.panel, name="panel"),
    path("read/", views.read_all, name="read_all"),
    path("seen/", views.seen, name="seen"),
    path("<int:pk>/read/", views.read, name="read"),
    path("settings/", settings_views.own_settings, name="settings"),
    path("settings/rhythm/", settings_views.own_rhythm, name="rhythm"),
    path("settings/chats/", settings_views.own_chat_add, name="chat_add"),
    path("settings/browsers/", settings_views.own_push_add, name="push_add"),
    path("settings/push-key/", settings_views.push_key, name="push_key"),
    path("settings/mail/test/", settings_views.own_mail_test, name="mail_test"),
    path("addresses/<int:pk>/test/", settings_views.address_test, name="address_test"),
    path("addresses/<int:pk>/remove/", settings_views.address_remove, name="address_remove"),
    path("addresses/<int:pk>/on/", settings_views.address_on, name="address_on"),
]
