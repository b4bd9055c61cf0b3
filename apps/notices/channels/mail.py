"""E-mail, through what EMAIL_URL names."""

from smtplib import SMTPException, SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from apps.notices.models import Address

from .messages import Message
from .results import SendError


def is_set_up() -> bool:
    return not str(settings.EMAIL_BACKEND).endswith("dummy.EmailBackend")


def send(address: Address, message: Message) -> None:
    to = address.user.email if address.user else ""
    if not to:
        raise SendError(_("This person has no e-mail address."))
    if not is_set_up():
        raise SendError(_("E-mail is not set up (EMAIL_URL)."), fault="server")
    mail = EmailMultiAlternatives(
        subject=message.title,
        body=_text(message),
        to=[to],
        headers=_headers(message),
    )
    _enclose(mail, message)
    try:
        mail.send()
    except SMTPRecipientsRefused:
        raise SendError(_("The mail server refuses this address.")) from None
    except (SMTPException, OSError) as error:
        reason = _("The mail server can't be used: %(error)s")
        raise SendError(reason % {"error": _in_short(error)}, fault="server") from None


def _text(message: Message) -> str:
    parts = [message.body, message.url, "-- \n" + _("Sent by the control room.")]
    return "\n\n".join(part for part in parts if part)


def _enclose(mail: EmailMultiAlternatives, message: Message) -> None:
    found = message.enclose() if message.enclose else None
    if found is None:
        return
    if found.html:
        mail.attach_alternative(found.html, "text/html")
    for file in found.files:
        mail.attach(file.name, file.content, file.content_type)
    mail.extra_headers |= found.headers


def _headers(message: Message) -> dict[str, str]:
    """A mail that is sent twice has the same id: mailboxes show it once."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "controlroom.invalid"
    headers = {"Auto-Submitted": "auto-generated"}
    if message.reference:
        headers["Message-ID"] = f"<{message.reference}@{host}>"
    return headers


def _in_short(error: Exception) -> str:
    """What servers say, without what was said to them."""
    return " ".join(str(error).split())[:150]
