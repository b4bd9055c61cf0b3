from django.urls import path

from . import item_views as views

app_name = "items"
urlpatterns = [
    path("<int:pk>/", views.item_detail, name="item_detail"),
    path("<int:pk>/edit/", views.item_edit, name="item_edit"),
    path("<int:pk>/reveal/", views.item_reveal, name="item_reveal"),
    path("<int:pk>/files/", views.file_add, name="file_add"),
    path("<int:pk>/files/<int:file_id>/", views.file_download, name="file_download"),
    path("<int:pk>/files/<int:file_id>/image/", views.file_image, name="file_image"),
    path("<int:pk>/files/<int:file_id>/pages/<int:page>/", views.file_page, name="file_page"),
    path("<int:pk>/<slug:verb>/", views.item_verb, name="item_verb"),
]
