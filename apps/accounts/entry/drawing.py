"""The secret of an authenticator app as a picture to scan and as text to type."""

import base64
from typing import Any

from allauth.mfa.adapter import get_adapter

from apps.accounts.models import User

GROUP = 4


def drawn(person: User, secret: str) -> dict[str, Any]:
    """Return `qr_image` (an SVG in a data address; made here, no other machine sees the secret)
    and `secret_text`, in groups that are easy to type."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(person, secret))
    return {
        "qr_image": "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(),
        "secret_text": " ".join(secret[i : i + GROUP] for i in range(0, len(secret), GROUP)),
    }
