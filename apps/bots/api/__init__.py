"""The API of bots: who is there and what is wanted of them, pools, automations, runs."""

from . import automations, fleet, pools, runs
from .common import router

__all__ = ["automations", "fleet", "pools", "router", "runs"]
