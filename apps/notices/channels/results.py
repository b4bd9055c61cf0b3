"""How sending went wrong."""

import re
from typing import Literal

Fault = Literal["address", "server", "gone"]

MAX_REASON = 300
_URLS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.I)


class SendError(Exception):
    """A message was not taken. Whose fault: of the `address`; of what lies between (`server`),
    which says nothing about the address; or the address is `gone` for good."""

    def __init__(self, reason: str, *, fault: Fault = "address") -> None:
        # what other systems answer may repeat the address, and that is a secret
        self.reason = _URLS.sub("…", reason).replace("\x00", "")[:MAX_REASON]
        self.fault = fault
        super().__init__(self.reason)
