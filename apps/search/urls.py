from django.urls import path

from . import views

app_name = "search"
urlpatterns = [
    path("search/", views.search_page, name="page"),
    path("search/palette/", views.palette, name="palette"),
    path("search/timeline/<slug:kind>/<int:pk>/", views.timeline_of_object, name="timeline_of"),
    path("timeline/", views.timeline, name="timeline"),
    path("timeline/<path:reference>/", views.timeline, name="timeline_of_reference"),
]
