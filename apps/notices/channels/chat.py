"""Chat and many more services, through apprise.

Its addresses are URLs of its own (`slack://…`, `tgram://…`), and secrets. Only the schemes that
NOTICE_SCHEMES lists: others of apprise run programs, speak to this machine or read its files.
"""

import logging
from urllib.parse import parse_qsl, urlsplit

import apprise
from django.conf import settings
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, InvalidError
from apps.lib.sealing import SealBrokenError, unseal
from apps.notices.hosts import check_host
from apps.notices.models import ADDRESS, Address

from .messages import Message
from .results import SendError

TIMEOUT_SECONDS = 15
MAX_URL = 2_000
# Services that have their own host in the cloud: the word after :// is a token there
_HAS_OWN_HOST = frozenset(
    {"discord", "gchat", "msteams", "pbul", "pover", "slack", "tgram", "twist", "webex", "wxteams"}
)
# Arguments that would make the library read files of this machine
_READS_FILES = frozenset({"template", "attach", "keyfile", "subfile", "cert", "pgpkey", "include"})

# Its log would hold addresses and texts
logging.getLogger("apprise").propagate = False


def check_url(url: str) -> str:
    """Return how the address is shown to people. Raises InvalidError, saying what is wrong."""
    scheme = url.partition("://")[0].lower()
    if len(url) > MAX_URL or not url.isprintable() or "://" not in url:
        raise InvalidError(_("Write the address as slack://…, tgram://… or the like."))
    if scheme not in settings.NOTICE_SCHEMES:
        raise InvalidError(
            _("Addresses with %(scheme)s:// are not allowed here. These are: %(all)s.")
            % {"scheme": scheme[:30], "all": ", ".join(sorted(settings.NOTICE_SCHEMES))}
        )
    _check_parts(url, scheme)
    plugin = _service(url)
    return f"{plugin.service_name} · {scheme}://…{_hint(url)}"


def send(address: Address, message: Message) -> None:
    try:
        url = unseal(address.secret, purpose=ADDRESS)
        # what was allowed when it was added may be forbidden now
        check_url(url)
    except SealBrokenError:
        reason = _("This address can't be read any more: SECRET_KEY was changed. Add it again.")
        raise SendError(reason) from None
    except DomainError as error:
        raise SendError(error.message) from None
    service = apprise.Apprise(asset=_asset())
    service.add(url)
    text = "\n\n".join(part for part in (message.body, message.url) if part)
    # An empty body is refused by most services
    result = service.notify(
        title=message.title if text else "",
        body=text or message.title,
        body_format=apprise.NotifyFormat.TEXT,
        timeout=TIMEOUT_SECONDS,
    )
    if not result:
        raise SendError(_reason(result))


def _check_parts(url: str, scheme: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _port = parts.port
        names = {name.lower().lstrip("+-: ") for name, _value in parse_qsl(parts.query)}
    except ValueError:
        raise InvalidError(_("This address can't be read.")) from None
    if forbidden := names & _READS_FILES:
        text = _("The part “%(name)s” is not allowed in an address.")
        raise InvalidError(text % {"name": sorted(forbidden)[0]})
    if scheme not in _HAS_OWN_HOST:
        check_host(host)


def _service(url: str) -> "apprise.NotifyBase":
    found = apprise.Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
    if not isinstance(found, apprise.NotifyBase):
        raise InvalidError(_("The service would not understand this address: a part is missing."))
    return found


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        app_id="Controlroom",
        app_desc="Controlroom",
        app_url="",
        async_mode=False,
        secure_logging=True,
        # an answer must not send us elsewhere
        http_redirects=False,
        storage_mode="memory",
    )


def _hint(url: str) -> str:
    """Return the last characters, if there are so many that they give nothing away."""
    end = urlsplit(url).path.rstrip("/")
    return end[-3:] if len(end) >= 12 else ""


def _reason(result: "apprise.AppriseResult") -> str:
    said = [entry.message for service in result for attempt in service for entry in attempt.logs]
    return said[-1] if said else _("The service did not take it.")
