"""The routers that the modules here share: two verbs on one address must be on one router."""

from ninja import Router

queues = Router(tags=["Queues"])
items = Router(tags=["Items"])
bots = Router(tags=["For bots"])
