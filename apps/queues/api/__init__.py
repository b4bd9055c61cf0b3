"""The API of queues and items: for those who give work, for bots, and for people's programs."""

from ninja import Router

from . import bots, files, gates, items, people, queues, routers

router = Router()
# addresses are tried in this order: those that are called most come first
for part in (routers.bots, routers.queues, routers.items):
    router.add_router("", part)

__all__ = ["bots", "files", "gates", "items", "people", "queues", "router"]
