"""Reports by mail: order one, see what went out, end it – also from the mail itself."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.audiences import language_of
from apps.accounts.http import PersonRequest
from apps.calendars.lifecycle import calendars_of
from apps.lib.errors import DomainError
from apps.notices.channels import is_set_up
from apps.notices.models import Address, Delivery, Notice
from apps.reports import lifecycle, mailing
from apps.reports.answering import days_in_words
from apps.reports.asking import parse, today, zone
from apps.reports.forms import MailForm
from apps.reports.models import ReportMail, ReportMailing
from apps.reports.questions import QUESTIONS

from .reports import asked

MOST_SENT = 20


@require_http_methods(["GET", "POST"])
def mail_order(request: PersonRequest, key: str) -> HttpResponse:
    """Order the report as the address asks for it."""
    answered, _problems = asked(request, key)
    form = MailForm(request.POST or None, calendars=calendars_of(request.folder), zone=str(zone()))
    if request.method == "POST" and form.is_valid():
        try:
            _order(request, key, form)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Ordered: it comes by mail from now on."))
            return redirect("reports:mails")
    context = {
        "answered": answered,
        "form": form,
        "query": answered.asked.query(),
        "is_fixed": answered.asked.period == "custom" or bool(answered.asked.month),
        **_ways(request),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/mail_order.html", context, status=status)


@require_safe
def mail_list(request: PersonRequest) -> HttpResponse:
    mails = ReportMail.objects.filter(user=request.user, next_at__isnull=False)
    now = today()
    rows = [
        {
            "mail": mail,
            "title": QUESTIONS[mail.report].title,
            "days": days_in_words(parse(mail.query, today=now)[0].span),
        }
        for mail in mails
        if mail.report in QUESTIONS
    ]
    context = {"rows": rows, "sent": _sent(request), "zone": str(zone()), **_ways(request)}
    return render(request, "reports/mails.html", context)


@require_POST
def mail_end(request: PersonRequest, pk: int) -> HttpResponse:
    mail = get_object_or_404(ReportMail, pk=pk, user=request.user)
    if lifecycle.end_mail(mail):
        messages.success(request, _("Ended: it does not come any more."))
    return redirect("reports:mails")


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """End a mail by the link in it. Looking never does; mailboxes send a POST without a session,
    which the signature of the address stands for."""
    mail = mailing.mail_of(token)
    if mail is None:
        return render(request, "reports/stop.html", {"is_gone": True}, status=410)
    with translation.override(language_of(mail.user)):
        if request.method == "POST":
            lifecycle.end_mail(mail)
            mail.next_at = None
        title = QUESTIONS[mail.report].title if mail.report in QUESTIONS else mail.report
        return render(request, "reports/stop.html", {"mail": mail, "title": title})


def _order(request: PersonRequest, key: str, form: MailForm) -> None:
    wanted, _problems = parse(request.META.get("QUERY_STRING", ""), today=today())
    lifecycle.order_mail(
        key,
        wanted,
        every=form.cleaned_data["every"],
        day=form.day,
        at=form.cleaned_data["at"],
        calendar=form.cleaned_data["calendar"],
        user_id=request.user.pk,
    )


def _ways(request: PersonRequest) -> dict[str, Any]:
    return {
        "has_mailbox": bool(request.user.email),
        "is_set_up": is_set_up(Address.Channel.EMAIL),
    }


def _sent(request: PersonRequest) -> list[dict[str, Any]]:
    """Return what went out lately, and what became of it."""
    mailings = ReportMailing.objects.filter(mail__user=request.user).select_related("mail")
    found = list(mailings[:MOST_SENT])
    notices = Notice.objects.filter(
        user=request.user,
        subject_type=mailing.SUBJECT,
        subject_id__in=[each.pk for each in found],
    )
    by_mailing = {notice.subject_id: notice for notice in notices}
    deliveries = _deliveries(request, [notice.pk for notice in notices])
    rows = []
    for each in found:
        notice = by_mailing.get(each.pk)
        delivery = deliveries.get(notice.pk) if notice else None
        rows.append({"mailing": each, "notice": notice, "delivery": delivery})
    return rows


def _deliveries(request: PersonRequest, notice_ids: list[int]) -> dict[int, Delivery]:
    found = Delivery.objects.filter(
        address__user=request.user,
        address__channel=Address.Channel.EMAIL,
        notices__overlap=notice_ids,
    )
    return {pk: delivery for delivery in found.order_by("pk") for pk in delivery.notices}
