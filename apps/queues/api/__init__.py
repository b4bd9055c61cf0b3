"""The API of queues and items: for those who give work, for bots, and for people's programs."""

from ninja import Router

from . import bots, files, items, people, queues, routers

router = Router()
for part in (routers.queues, routers.items, routers.bots):
    router.add_router("", part)

__all__ = ["bots", "files", "items", "people", "queues", "router"]
