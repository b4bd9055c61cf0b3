"""What a mailed report says: a notice with the figures; a mail with the tables and a workbook."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.audiences import language_of, time_zone_of
from apps.accounts.permissions import Action, rights_of
from apps.lib.tables import CONTENT_TYPES
from apps.notices.channels.messages import absolute
from apps.notices.enclosing import Enclosed, File
from apps.notices.lifecycle import notify
from apps.notices.models import Notice

from .answering import Answered, answer
from .asking import parse
from .exporting import file_name, xlsx_file
from .models import ReportMail, ReportMailing

SUBJECT = "report_mailing"
SALT = "reports.mail"
# In a mail; the workbook has all
MOST_ROWS = 15


def tell(mail: ReportMail, mailing: ReportMailing) -> None:
    """Give the report to the notices, in the caller's transaction."""
    with _as_its_reader(mail):
        answered = answered_for(mail, mailing.day)
        notify(
            [mail.user_id],
            "report",
            title=_("%(report)s: %(days)s")
            % {"report": answered.title, "days": answered.span_words},
            body=text_of(answered),
            url=url_of(answered),
            subject=(SUBJECT, mailing.pk),
            key=f"report:{mail.pk}:{mailing.due_at.isoformat()}",
        )


def enclosed(notice: Notice) -> Enclosed | None:
    """Return what the mail carries; None where the report is not sent any more."""
    found = ReportMailing.objects.select_related("mail__user").filter(pk=notice.subject_id or 0)
    mailing = found.first() if notice.subject_type == SUBJECT else None
    if mailing is None or mailing.mail.user_id != notice.user_id:
        return None
    mail = mailing.mail
    with _as_its_reader(mail):
        answered = answered_for(mail, mailing.day)
        stop = absolute(reverse("reports:stop", args=[token_of(mail)]))
        html = render_to_string("reports/mail.html", _context(answered, stop))
        workbook = File(file_name(answered, "xlsx"), xlsx_file(answered), CONTENT_TYPES["xlsx"])
    headers = {}
    if stop:
        headers = {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return Enclosed(html=html, files=(workbook,), headers=headers)


def answered_for(mail: ReportMail, day: date) -> Answered:
    """Return the report as it is asked for on `day`, with what its person may see now."""
    wanted, _problems = parse(mail.query, today=day)
    return answer(mail.report, wanted, rights_of(mail.user).folder_ids(Action.VIEW))


def text_of(answered: Answered) -> str:
    lines = [answered.before_words] if answered.before_words else []
    for each in answered.report.figures:
        change = f" – {each.change_words}" if each.change_words else ""
        lines.append(f"{each.label}: {each.words}{change}")
    return "\n".join(lines)


def url_of(answered: Answered) -> str:
    """Return the page with these days, whenever it is opened."""
    span = answered.wanted.span
    days = {"period": "custom", "month": "", "from": str(span.first), "until": str(span.last)}
    page = reverse("reports:report", args=[answered.question.key])
    return f"{page}?{answered.asked.query(**days)}"


def token_of(mail: ReportMail) -> str:
    """Return what ends this mail without a session; it shows nothing."""
    return signing.dumps(mail.pk, salt=SALT, compress=False)


def mail_of(token: str) -> ReportMail | None:
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return ReportMail.objects.select_related("user").filter(pk=pk).first()


def _context(answered: Answered, stop: str) -> dict[str, Any]:
    return {
        "answered": answered,
        "tables": [(table, table.lines[:MOST_ROWS]) for table in answered.report.tables],
        "url": absolute(url_of(answered)),
        "stop_url": stop,
        "most_rows": MOST_ROWS,
    }


@contextmanager
def _as_its_reader(mail: ReportMail) -> Iterator[None]:
    """Words and times as the person has chosen them."""
    with translation.override(language_of(mail.user)), timezone.override(time_zone_of(mail.user)):
        yield
