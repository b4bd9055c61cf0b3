"""The routers that the modules here share: two verbs on one address must be on one router."""

from ninja import Router

workflows = Router(tags=["Workflows"])
instances = Router(tags=["Instances"])
decisions = Router(tags=["Decisions"])
