"""Which app answers where. Each app's `urls.py` says the rest."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from apps.events.views import fragment

from .api import urls as api_urls

routes: list[URLPattern | URLResolver] = [
    path("", include("apps.dashboard.urls")),
    path("", include("apps.accounts.entry.urls")),  # the steps of signing in
    path("", include("apps.accounts.urls")),  # sign-in, profile, people, tokens
    path("inbox/", include("apps.inbox.urls")),
    path("notices/", include("apps.notices.urls")),
    path("operations/", include("apps.operations.urls")),
    path("queues/", include("apps.queues.urls")),
    path("queues/", include("apps.forecast.urls")),
    path("items/", include("apps.queues.item_urls")),
    path("workflows/", include("apps.workflows.urls")),
    path("instances/", include("apps.workflows.instance_urls")),
    path("decisions/", include("apps.workflows.decision_urls")),
    path("triggers/", include("apps.triggers.urls")),
    path("failures/", include("apps.failures.urls")),
    path("alerts/", include("apps.alerts.urls")),
    path("reports/", include("apps.reports.urls")),
    path("learning/", include("apps.learning.urls")),
    path("bots/", include("apps.bots.urls")),
    path("runs/", include("apps.bots.run_urls")),
    path("applications/", include("apps.limits.urls")),
    path("ai/", include("apps.ai.urls")),
    path("settings/", include("apps.accounts.settings_urls")),
    path("settings/", include("apps.calendars.settings_urls")),
    path("settings/", include("apps.dashboard.settings_urls")),
    path("settings/", include("apps.limits.settings_urls")),
    path("settings/", include("apps.webhooks.settings_urls")),
    path("settings/", include("apps.retention.settings_urls")),
    path("settings/", include("apps.inbox.settings_urls")),
    path("settings/", include("apps.notices.settings_urls")),
    path("settings/", include("apps.queues.settings_urls")),
    path("settings/", include("apps.queues.gate_urls")),
    path("settings/", include("apps.bots.settings_urls")),
    path("settings/", include("apps.assets.settings_urls")),
    path("audit/", include("apps.audit.urls")),
    path("audit/", include("apps.evidence.urls")),
    path("", include("apps.search.urls")),
    path("", include("apps.landscape.urls")),
    path("log/", include("apps.log.urls")),
    path("", include("apps.triggers.hook_urls")),
    path("help/", include("controlroom.help_urls")),
    path("live/fragment/", fragment, name="live-fragment"),
    path("api/v1/", api_urls),
]
if settings.DEMO_ENABLED:
    routes.append(path("demo/", include("apps.demo.urls")))
