"""Webhooks are told what triggers may listen to: one list of what happens here, read in one way."""

from apps.webhooks.kinds import register

from .receiving.happenings import HEARD, KINDS, happened

register(KINDS, heard=HEARD, read=happened)
