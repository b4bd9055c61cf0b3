"""Looks into the mailboxes of triggers: each mail starts something once.

The first look only notes where the mailbox stands: what was there before the trigger is not for it.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connections
from django.utils.translation import gettext as _

from apps.assets.handing_out import Asker, hand_out
from apps.bots.kept import Credential
from apps.lib.clock import utc_now
from apps.lib.errors import DomainError
from apps.lib.json import Json, JsonObject
from apps.queues.files import clean_name
from apps.triggers.lifecycle.hooking import note_seen, take_turn
from apps.triggers.lifecycle.troubles import note_trouble
from apps.triggers.models import Delivery, Firing, Trigger
from apps.workflows.lifecycle.running import concerns_all

from . import keeping
from .accepting import Incoming, Taken, accept, insist_on_readiness, record_refusal
from .attaching import attach_late, attach_to_items
from .mailbox import (
    MAX_MESSAGE_BYTES,
    Mail,
    Mailbox,
    Place,
    UnreadableError,
    is_wanted,
    message_id_of,
    opened_mailbox,
)
from .refusals import RefusedError
from .rules import IMAP_PORT, IMAPS_PORT, text, whole_number

log = structlog.get_logger("controlroom.triggers")

# Mailboxes that are read at the same time: a server that hangs holds up few others
THREADS: Final = 4
# Mails of one look; the others wait for the next
AT_ONCE: Final = 50
# After a mailbox was made anew: so far back it may hold mails that have not been seen
OVERLAP: Final = timedelta(days=1)


def look_into_mailboxes() -> int:
    """Read mailboxes whose turn it is; return how many mails started something.

    Any number of processes may do it at once: each mailbox is one's turn.
    """
    rows = Trigger.objects.filter(
        kind=Trigger.Kind.EVENT, status=Trigger.Status.ENABLED, rule__source="mail"
    )
    ids = [
        pk
        for pk in rows.values_list("pk", flat=True)
        if take_turn(pk, every_seconds=settings.MAIL_POLL_SECONDS)
    ]
    if not ids:
        return 0
    with ThreadPoolExecutor(min(THREADS, len(ids)), thread_name_prefix="mail") as pool:
        return sum(pool.map(_look_in_thread, ids))


def look_into_mailbox(trigger_id: int) -> int:
    """Read the mailbox of one trigger; return how many mails started something."""
    trigger = Trigger.objects.select_related("folder", "owner").get(pk=trigger_id)
    try:
        insist_on_readiness(trigger)
        attach_late(trigger)
        credential = _credential_of(trigger)
        with opened_mailbox(_place(trigger.rule), credential) as mailbox:
            n_started = _read(trigger, mailbox)
        note_trouble(trigger, "")
    except RefusedError as refusal:
        if refusal.retry_after_seconds is None:
            _note_trouble(trigger, refusal)
        return 0
    except Exception as error:
        if concerns_all(error):
            raise
        # a fault of ours or a full disk: its people must know, too, that nothing is read
        log.exception("mailbox_not_read", trigger=trigger_id)
        message = _("The mailbox could not be read: %(why)s") % {"why": type(error).__name__}
        _note_trouble(trigger, RefusedError("mailbox", message, status=500))
        return 0
    return n_started


def _look_in_thread(trigger_id: int) -> int:
    try:
        return look_into_mailbox(trigger_id)
    except Exception:
        log.exception("mailbox_not_read", trigger=trigger_id)
        return 0
    finally:
        connections.close_all()


def _read(trigger: Trigger, mailbox: Mailbox) -> int:
    seen = _seen(trigger)
    if seen.get("where") != _where(trigger.rule):
        _remember(trigger, mailbox, mailbox.next_uid - 1)
        return 0
    if seen.get("validity") != mailbox.validity:
        return _read_anew(trigger, mailbox)
    n_started = 0
    for uid in mailbox.uids_after(int(seen["uid"]))[:AT_ONCE]:
        taken = _take(trigger, mailbox, uid)
        if _is_for_later(taken):
            break
        n_started += _is_started(taken)
        _remember(trigger, mailbox, uid)
    return n_started


def _read_anew(trigger: Trigger, mailbox: Mailbox) -> int:
    """The mailbox was made anew and its numbers mean nothing: mails are known by their own ids.

    Where it breaks off, it begins again: what has started by then is known by its new number.
    """
    n_started = 0
    checked = trigger.checked_at or utc_now()
    for uid in mailbox.uids_since((checked - OVERLAP).date()):
        message_id = message_id_of(mailbox.header_of(uid))
        before = Firing.objects.filter(trigger=trigger, event__message_id=message_id)
        if message_id and before.exists():
            continue
        taken = _take(trigger, mailbox, uid)
        if _is_for_later(taken):
            return n_started
        n_started += _is_started(taken)
    _remember(trigger, mailbox, mailbox.next_uid - 1)
    return n_started


def _take(trigger: Trigger, mailbox: Mailbox, uid: int) -> Taken | None:
    """Start what there is to start for the mail; None if it is not one of those wanted."""
    rule, header = trigger.rule, mailbox.header_of(uid)
    if not is_wanted(header, text(rule, "from"), text(rule, "subject")):
        return None
    occasion = f"mail {mailbox.validity}.{uid}"
    if mailbox.size_of(uid) > MAX_MESSAGE_BYTES:
        words = {"n": MAX_MESSAGE_BYTES // (1024 * 1024)}
        message = _("The mail is larger than %(n)d MB.") % words
        return _refused(trigger, header, occasion, "too_large", message)
    try:
        mail = mailbox.mail_of(uid)
    except UnreadableError as error:
        log.warning("mail_not_readable", trigger=trigger.pk, uid=uid, error=repr(error.__cause__))
        message = _("The mail is broken and can't be read.")
        return _refused(trigger, header, occasion, "not_readable", message)
    return accept(trigger.pk, _incoming(mail, occasion))


def _incoming(mail: Mail, occasion: str) -> Incoming:
    """Return the mail as it is taken: its attachments are kept in the transaction of the start."""
    files = [(keeping.new_id(), each) for each in mail.attachments]
    attachments: list[Json] = [
        {
            "name": clean_name(each.name),
            "size": len(each.content),
            "type": each.content_type,
            "id": file_id,
        }
        for file_id, each in files
    ]

    def keep(firing: Firing) -> None:
        for file_id, each in files:
            keeping.keep(file_id, each.content)
        attach_to_items(
            firing,
            [
                (ContentFile(each.content, clean_name(each.name)), each.content_type)
                for _id, each in files
            ],
        )

    event = {**_told(mail), "attachments": attachments}
    return Incoming(
        source=Delivery.Source.MAIL,
        occasion=occasion,
        event=event,
        headers={"from": mail.sender, "subject": mail.subject, "message-id": mail.message_id},
        keep=keep,
    )


def _told(mail: Mail) -> JsonObject:
    return {
        "from": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "message_id": mail.message_id,
        "left_out": mail.n_left_out,
    }


def _refused(
    trigger: Trigger, header: EmailMessage, occasion: str, code: str, message: str
) -> Taken:
    """Write down that the mail starts nothing; the next one is read."""
    refusal = RefusedError(code, message, status=422)
    event: JsonObject = {"message_id": message_id_of(header)}
    incoming = Incoming(source=Delivery.Source.MAIL, occasion=occasion, event=event)
    record_refusal(trigger.pk, incoming, refusal)
    return Taken(Delivery.Outcome.REFUSED, refusal=refusal)


def _is_for_later(taken: Taken | None) -> bool:
    """Whether it was refused only for now: it is read again."""
    refusal = taken.refusal if taken is not None else None
    return refusal is not None and refusal.retry_after_seconds is not None


def _is_started(taken: Taken | None) -> bool:
    return taken is not None and taken.outcome == Delivery.Outcome.ACCEPTED


def _credential_of(trigger: Trigger) -> Credential:
    purpose = _("Trigger “%s”") % trigger.title
    try:
        _asset, value = hand_out(
            text(trigger.rule, "credential"), Asker(folder_id=trigger.folder_id, purpose=purpose)
        )
    except DomainError as error:
        raise RefusedError("credential", error.message, status=409) from None
    if not isinstance(value, Credential):
        message = _("“%s” is no credential, with a user name and a password.")
        raise RefusedError("credential", message % text(trigger.rule, "credential"), status=409)
    return value


def _place(rule: JsonObject) -> Place:
    tls = text(rule, "tls", "tls")
    host = text(rule, "host")
    if host.lower() not in settings.MAIL_HOSTS:  # it was allowed when it was saved
        message = _("The mail server %(host)s is not allowed any more (MAIL_HOSTS).")
        raise RefusedError("mailbox", message % {"host": host}, status=409)
    return Place(
        host=host,
        port=whole_number(rule, "port", IMAPS_PORT if tls == "tls" else IMAP_PORT),
        tls=tls,
        mailbox=text(rule, "mailbox", "INBOX"),
    )


def _where(rule: JsonObject) -> str:
    return "\n".join(text(rule, name) for name in ("host", "credential", "mailbox"))


def _seen(trigger: Trigger) -> dict[str, Any]:
    found = trigger.seen.get("mail") if isinstance(trigger.seen, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _remember(trigger: Trigger, mailbox: Mailbox, uid: int) -> None:
    mail: JsonObject = {
        "where": _where(trigger.rule),
        "validity": mailbox.validity,
        "uid": uid,
    }
    note_seen(trigger, {**trigger.seen, "mail": mail})


def _note_trouble(trigger: Trigger, refusal: RefusedError) -> None:
    """Write down once that the mailbox can't be read, and not again until it was read or why
    has changed."""
    if note_trouble(trigger, refusal.message):
        event: JsonObject = {"host": text(trigger.rule, "host")}
        incoming = Incoming(source=Delivery.Source.MAIL, occasion="mailbox", event=event)
        record_refusal(trigger.pk, incoming, refusal)
