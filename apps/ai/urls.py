from django.urls import path

from . import views

app_name = "ai"
urlpatterns = [
    path("", views.endpoint_list, name="endpoint_list"),
    path("models/<int:pk>/", views.endpoint_detail, name="endpoint_detail"),
    path("models/<int:pk>/try/", views.endpoint_try, name="endpoint_try"),
    path("models/<int:pk>/stop/", views.endpoint_stop, name="endpoint_stop"),
    path("models/<int:pk>/resume/", views.endpoint_resume, name="endpoint_resume"),
    path("calls/", views.call_list, name="call_list"),
    path("calls/<int:pk>/", views.call_detail, name="call_detail"),
    path("prompts/", views.prompt_list, name="prompt_list"),
    path("prompts/<int:pk>/", views.prompt_detail, name="prompt_detail"),
    path("agents/", views.agent_list, name="agent_list"),
    path("agents/<int:pk>/", views.agent_detail, name="agent_detail"),
    path("agent-runs/<int:pk>/", views.agent_run_detail, name="agent_run_detail"),
]
