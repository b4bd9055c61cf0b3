"""Roles and what each may do: one table that pages, API and live fragments all use."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A person's part in a folder."""

    BUSINESS_USER = "business_user", _("Business user")  # resolves what bots could not
    SUPERVISOR = "supervisor", _("Supervisor")  # watches, pauses, retries, reassigns
    DESIGNER = "designer", _("Designer")  # makes queues, automations and workflows
    ADMIN = "admin", _("Admin")  # everything, people and bots included
    AUDITOR = "auditor", _("Auditor")  # reads all, changes nothing


class Action(StrEnum):
    """Something that a right is needed for."""

    VIEW = "view"  # see queues, items, bots, runs and the inbox
    DECIDE = "decide"  # decide user tasks
    OPERATE = "operate"  # pause, hold, edit, cancel, reopen, stop
    DESIGN = "design"  # change queues, schemas, rules, automations
    ADMINISTER = "administer"  # bots, pools, people, tokens
    REVEAL = "reveal"  # see personal data unmasked; each look is recorded
    AUDIT = "audit"  # read the whole history


GRANTS: dict[str, frozenset[Action]] = {
    Role.BUSINESS_USER: frozenset({Action.VIEW, Action.DECIDE, Action.REVEAL}),
    Role.SUPERVISOR: frozenset({Action.VIEW, Action.DECIDE, Action.OPERATE, Action.REVEAL}),
    Role.DESIGNER: frozenset({Action.VIEW, Action.OPERATE, Action.DESIGN}),
    Role.ADMIN: frozenset(Action),
    Role.AUDITOR: frozenset({Action.VIEW, Action.AUDIT}),
}
