"""Adding, trying, switching on and removing addresses."""

import json
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.accounts.models import Folder, User
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.sealing import seal
from apps.notices.channels import SendError, send
from apps.notices.channels.chat import check_url
from apps.notices.channels.messages import Message, absolute
from apps.notices.channels.push import check_endpoint, check_keys
from apps.notices.models import ADDRESS, Address

MAX_ADDRESSES = 20


def add_chat(
    owner: User | Folder, url: str, *, title: str, by: Actor, kinds: Sequence[str] = ()
) -> Address:
    """Add the address of a chat or another service. Raises InvalidError or ConflictError."""
    url = url.strip()
    masked = check_url(url)
    _check_room(owner)
    found = Address(
        **_owned(owner),
        channel=Address.Channel.CHAT,
        title=title.strip()[:120],
        secret=seal(url, purpose=ADDRESS),
        digest=_digest(url),
        masked=masked[:200],
        kinds=list(kinds),
        added_by=by.name[:150],
    )
    try:
        with transaction.atomic():
            found.save(force_insert=True)
            _record("notice_address.added", found, by)
    except IntegrityError:
        raise ConflictError(_("This address is there already.")) from None
    return found


def add_browser(user: User, *, endpoint: str, p256dh: str, auth: str, title: str) -> Address:
    """Let a browser take push messages; the same browser again gets its new keys.

    Raises InvalidError, or ConflictError when there are too many.
    """
    check_endpoint(endpoint)
    check_keys(p256dh, auth)
    digest = _digest(endpoint)
    if not Address.objects.filter(user=user, digest=digest).exists():
        _check_room(user)
    secret = seal(
        json.dumps({"endpoint": endpoint, "p256dh": p256dh, "auth": auth}), purpose=ADDRESS
    )
    with transaction.atomic():
        # who signs in on a shared machine takes its browser over: no messages for the one before
        others = Address.objects.filter(channel=Address.Channel.PUSH, digest=digest)
        others.exclude(user=user).delete()
        found, is_new = Address.objects.update_or_create(
            user=user,
            channel=Address.Channel.PUSH,
            digest=digest,
            defaults={
                "secret": secret,
                "title": title[:120],
                "masked": title[:120],
                "failures": 0,
                "off_since": None,
                "last_error": "",
            },
        )
        if is_new:
            _record("notice_address.added", found, user.actor)
    return found


def remove_address(address: Address, *, by: Actor) -> None:
    """Forget it, and what was still to be sent there."""
    with transaction.atomic():
        _record("notice_address.removed", address, by)
        address.delete()


def switch_on(address: Address, *, by: Actor) -> None:
    with transaction.atomic():
        off = Address.objects.filter(pk=address.pk, off_since__isnull=False)
        if off.update(off_since=None, failures=0, last_error=""):
            _record("notice_address.switched_on", address, by)


def try_address(address: Address) -> str:
    """Send a message there now; return "" if it was taken, else why not. Takes seconds."""
    message = Message(
        title=_("Test message"),
        body=_("If you can read this, messages of the control room arrive here."),
        url=absolute("/notices/"),
        tag="test",
    )
    try:
        send(address, message)
    except SendError as error:
        Address.objects.filter(pk=address.pk).update(
            last_error=error.reason, failures=F("failures") + int(error.fault != "server")
        )
        return error.reason
    Address.objects.filter(pk=address.pk).update(last_error="", failures=0, last_sent_at=Now())
    return ""


def own_mailbox(user: User) -> Address:
    """Return the address that stands for the person's mailbox."""
    found, _is_new = Address.objects.get_or_create(
        user=user, channel=Address.Channel.EMAIL, digest=""
    )
    return found


def _digest(secret: str) -> str:
    """Return what tells the same address again, and nothing about it."""
    return salted_hmac("apps.notices.address", secret, algorithm="sha256").hexdigest()


def _owned(owner: User | Folder) -> dict[str, User | Folder]:
    return {"user": owner} if isinstance(owner, User) else {"folder": owner}


def _check_room(owner: User | Folder) -> None:
    if Address.objects.filter(**_owned(owner)).count() >= MAX_ADDRESSES:
        text = _("There are %(n)d addresses already. Remove one first.")
        raise ConflictError(text % {"n": MAX_ADDRESSES})


def _record(kind: str, address: Address, by: Actor) -> None:
    """History knows that there is an address, never where it leads."""
    publish(
        kind,
        subject=("notice_address", address.pk),
        folder_id=address.folder_id,
        by=by,
        data={"channel": address.channel, "title": str(address)},
    )
