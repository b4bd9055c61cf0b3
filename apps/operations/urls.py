from django.urls import path

from . import views

app_name = "operations"
urlpatterns = [
    path("", views.operation_list, name="list"),
    path("new/", views.operation_new, name="new"),
    path("ask/", views.operation_ask, name="ask"),
    path("<int:pk>/", views.operation_detail, name="detail"),
    path("<int:pk>/results.csv", views.operation_csv, name="csv"),
    path("<int:pk>/cancel/", views.operation_cancel, name="cancel"),
    path("<int:pk>/retry/", views.operation_retry, name="retry"),
    path("<int:pk>/undo/", views.operation_undo, name="undo"),
]
