from django.urls import path

from . import pool_views, views

app_name = "bots"
urlpatterns = [
    path("", views.bot_list, name="bot_list"),
    path("<int:pk>/", views.bot_detail, name="bot_detail"),
    path("<int:pk>/standing/", views.bot_standing, name="bot_standing"),
    path("<int:pk>/maintenance/", views.bot_maintenance, name="bot_maintenance"),
    path("maintenance/<int:pk>/end/", views.maintenance_end, name="maintenance_end"),
    path("pools/", pool_views.pool_list, name="pool_list"),
    path("pools/<int:pk>/", pool_views.pool_detail, name="pool_detail"),
    path("pools/<int:pk>/maintenance/", pool_views.pool_maintenance, name="pool_maintenance"),
]
