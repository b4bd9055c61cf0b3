from django.urls import path

from .views import agents, calls, endpoints, prompts

app_name = "ai"
urlpatterns = [
    path("", endpoints.endpoint_list, name="endpoint_list"),
    path("models/new/", endpoints.endpoint_create, name="endpoint_create"),
    path("models/<int:pk>/", endpoints.endpoint_detail, name="endpoint_detail"),
    path("models/<int:pk>/edit/", endpoints.endpoint_edit, name="endpoint_edit"),
    path("models/<int:pk>/try/", endpoints.endpoint_try, name="endpoint_try"),
    path("models/<int:pk>/stop/", endpoints.endpoint_stop, name="endpoint_stop"),
    path("models/<int:pk>/resume/", endpoints.endpoint_resume, name="endpoint_resume"),
    path("models/<int:pk>/budgets/new/", endpoints.budget_create, name="budget_create"),
    path("models/<int:pk>/budgets/<int:budget_pk>/", endpoints.budget_edit, name="budget_edit"),
    path(
        "models/<int:pk>/budgets/<int:budget_pk>/remove/",
        endpoints.budget_remove,
        name="budget_remove",
    ),
    path("calls/", calls.call_list, name="call_list"),
    path("calls/<int:pk>/", calls.call_detail, name="call_detail"),
    path("calls/<int:pk>/reveal/", calls.call_reveal, name="call_reveal"),
    path("prompts/", prompts.prompt_list, name="prompt_list"),
    path("prompts/new/", prompts.prompt_create, name="prompt_create"),
    path("prompts/<int:pk>/", prompts.prompt_detail, name="prompt_detail"),
    path("prompts/<int:pk>/edit/", prompts.prompt_edit, name="prompt_edit"),
    path("agents/", agents.agent_list, name="agent_list"),
    path("agents/new/", agents.agent_create, name="agent_create"),
    path("agents/<int:pk>/", agents.agent_detail, name="agent_detail"),
    path("agent-runs/<int:pk>/", agents.agent_run_detail, name="agent_run_detail"),
    path("agent-runs/<int:pk>/reveal/", agents.agent_run_reveal, name="agent_run_reveal"),
]
