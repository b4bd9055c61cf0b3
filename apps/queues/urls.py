from django.urls import path

from . import views
from .exchange import views as exchange

app_name = "queues"
urlpatterns = [
    path("", views.queue_list, name="queue_list"),
    path("<int:pk>/", views.queue_detail, name="queue_detail"),
    path("<int:pk>/add/", views.item_add, name="item_add"),
    path("<int:pk>/pause/", views.queue_pause, name="queue_pause"),
    path("<int:pk>/resume/", views.queue_resume, name="queue_resume"),
    path("<int:pk>/items.<slug:kind>", exchange.items_download, name="items_download"),
    path("<int:pk>/upload/", exchange.upload_new, name="upload_new"),
    path("<int:pk>/upload/template.<slug:kind>", exchange.upload_template, name="upload_template"),
    path("<int:pk>/uploads/<int:upload_pk>/", exchange.upload_detail, name="upload"),
    path(
        "<int:pk>/uploads/<int:upload_pk>/columns/", exchange.upload_columns, name="upload_columns"
    ),
    path(
        "<int:pk>/uploads/<int:upload_pk>/confirm/", exchange.upload_confirm, name="upload_confirm"
    ),
    path(
        "<int:pk>/uploads/<int:upload_pk>/discard/", exchange.upload_discard, name="upload_discard"
    ),
    path(
        "<int:pk>/uploads/<int:upload_pk>/faulty.csv", exchange.upload_faulty, name="upload_faulty"
    ),
]
