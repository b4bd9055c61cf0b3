"""Which app answers where: one table of address prefixes and modules."""

from functools import cache
from importlib import import_module

from django.urls import URLResolver, include, path

# prefix → module; an app takes part as soon as it has the module
ROUTES = [
    ("", "apps.dashboard.urls"),
    ("", "apps.accounts.urls"),  # sign-in/, profile/, settings/people/, settings/tokens/…
    ("inbox/", "apps.inbox.urls"),
    ("queues/", "apps.queues.urls"),
    ("items/", "apps.queues.item_urls"),
    ("bots/", "apps.bots.urls"),
    ("runs/", "apps.bots.run_urls"),
    ("settings/", "apps.accounts.settings_urls"),
    ("settings/", "apps.queues.settings_urls"),
    ("settings/", "apps.bots.settings_urls"),
    ("demo/", "apps.demo.urls"),
]


def app_routes() -> list[URLResolver]:
    return [path(prefix, include(module)) for prefix, module in ROUTES if _exists(module)]


@cache
def has_routes(app: str) -> bool:
    return any(_exists(module) for _, module in ROUTES if module.startswith(f"{app}."))


@cache
def _exists(module: str) -> bool:
    """While apps are being written, one that cannot be imported yet takes no part."""
    try:
        import_module(module)
    except Exception:
        return False
    return True
