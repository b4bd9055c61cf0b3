"""The API of workflows: deploy, start, look, intervene; messages, signals and decisions."""

from ninja import Router

from . import decisions, instances, routers, signals, workflows

router = Router()
for part in (routers.instances, routers.workflows, routers.decisions):
    router.add_router("", part)

__all__ = ["decisions", "instances", "router", "signals", "workflows"]
