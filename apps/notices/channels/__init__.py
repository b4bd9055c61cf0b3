"""The ways out of the page. Each sends one message to one address, or raises SendError."""

from apps.notices.models import Address

from . import chat, mail, push
from .messages import Message
from .results import SendError

__all__ = ["Message", "SendError", "is_set_up", "send"]

_WAYS = {"email": mail.send, "chat": chat.send, "push": push.send}


def send(address: Address, message: Message) -> None:
    """Hand the message over; raises SendError, which says whose fault it is."""
    _WAYS[address.channel](address, message)


def is_set_up(channel: str) -> bool:
    """Say whether the control room can send by this channel at all."""
    return channel != "email" or mail.is_set_up()
