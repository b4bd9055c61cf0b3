"""Rules: the list, one of them, the editor with its back-test, and the noise they make."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, can, may_change, require, rights_of
from apps.alerts import lifecycle
from apps.alerts.definitions import DEFAULTS, definition_of
from apps.alerts.forms import RuleForm
from apps.alerts.models import AlertRule
from apps.alerts.noise import DAYS, noise
from apps.alerts.previewing import Preview, preview_of
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import ConflictError, DomainError
from apps.lib.json import JsonObject
from apps.lib.numbers import VERSIONS, whole_number

HISTORY_LENGTH = 20


@require_safe
def rule_list(request: PersonRequest) -> HttpResponse:
    may_design = can(request.user, Action.DESIGN, request.folder.pk)
    return render(request, "alerts/rule_list.html", {"may_design": may_design})


@require_safe
def rule_detail(request: PersonRequest, pk: int) -> HttpResponse:
    rule = find(request, pk)
    events = history_of(("alert_rule", rule.pk), limit=HISTORY_LENGTH).items
    context = {
        "rule": rule,
        "may_design": can(request.user, Action.DESIGN, rule.folder_id),
        "may_operate": can(request.user, Action.OPERATE, rule.folder_id),
        "preview": preview_of(rule.folder, definition_of(rule)),
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }
    return render(request, "alerts/rule_detail.html", context)


@require_http_methods(["GET", "POST"])
def rule_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _Editor(request, request.folder, None).page()


@require_http_methods(["GET", "POST"])
def rule_edit(request: PersonRequest, pk: int) -> HttpResponse:
    rule = find(request, pk)
    return _Editor(request, rule.folder, rule).page()


@require_POST
def preview_new(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _Editor(request, request.folder, None).preview_alone()


@require_POST
def preview(request: PersonRequest, pk: int) -> HttpResponse:
    rule = find(request, pk)
    require(request.user, Action.DESIGN, rule.folder_id)
    return _Editor(request, rule.folder, rule).preview_alone()


@require_POST
def rule_switch(request: PersonRequest, pk: int) -> HttpResponse:
    """Switch it on or off, as the form says."""
    rule = find(request, pk)
    require(request.user, Action.DESIGN, rule.folder_id)
    is_on = request.POST.get("status") != AlertRule.Status.OFF
    lifecycle.switch_rule(rule, on=is_on, by=request.user.actor)
    said = _("“%s” is on again.") if is_on else _("“%s” is off.")
    messages.success(request, said % rule.title)
    return redirect("alerts:rule_detail", pk=pk)


@require_POST
def rule_test(request: PersonRequest, pk: int) -> HttpResponse:
    """Tell those who would be told, marked as a test."""
    rule = find(request, pk)
    require(request.user, Action.OPERATE, rule.folder_id)
    n = lifecycle.try_telling(rule, by=request.user.actor)
    text = ngettext(
        "A test was sent to %(n)d person, by the ways that they chose.",
        "A test was sent to %(n)d people, by the ways that they chose.",
        n,
    )
    messages.success(request, text % {"n": n})
    return redirect("alerts:rule_detail", pk=pk)


@require_POST
def rule_remove(request: PersonRequest, pk: int) -> HttpResponse:
    rule = find(request, pk)
    require(request.user, Action.DESIGN, rule.folder_id)
    lifecycle.remove_rule(rule, by=request.user.actor)
    messages.success(request, _("The rule “%s” is removed.") % rule.title)
    return redirect("alerts:rule_list")


@require_safe
def noise_report(request: PersonRequest) -> HttpResponse:
    folders = rights_of(request.user).folder_ids(Action.VIEW)
    context = {"rows": noise(folders), "days": DAYS, "has_folders": len(folders) > 1}
    return render(request, "alerts/noise.html", context)


def find(request: PersonRequest, pk: int) -> AlertRule:
    """Return the rule if it lies where the person may look; else 404."""
    rows = AlertRule.objects.visible_to(request.user)
    rows = rows.select_related("folder", "owner", "team", "calendar")
    found: AlertRule = get_object_or_404(rows, pk=pk)
    return found


class _Editor:
    """One look at the editor: the form, what it would come to, and saving it."""

    def __init__(self, request: PersonRequest, folder: Folder, rule: AlertRule | None) -> None:
        self.request, self.folder, self.rule = request, folder, rule
        self.seen = rule.version if rule else 0
        self.stored = definition_of(rule) if rule else _blank(request)
        self.status = 200
        self.form = RuleForm(
            request.POST if request.method == "POST" else None,
            folder=folder,
            definition=self.stored,
            key=rule.key if rule else "",
        )

    def page(self) -> HttpResponse:
        method = self.request.method or ""
        may = may_change(self.request.user, Action.DESIGN, self.folder.pk, method=method)
        if not may:
            self.form.disable()
        if method == "POST" and self._is_meant():
            saved = self._save()
            if saved is not None:
                return redirect("alerts:rule_detail", pk=saved.pk)
            self.status = self.status if self.status != 200 else 422
        return render(self.request, "alerts/rule_form.html", self._context(may), status=self.status)

    def preview_alone(self) -> HttpResponse:
        answer = "_rows_answer" if self.form.is_asked_for_rows else "_preview"
        return render(self.request, f"alerts/{answer}.html", self._context(may=True))

    def _context(self, may: bool) -> dict[str, Any]:  # noqa: FBT001
        if self.rule:
            preview_url = reverse("alerts:preview", args=[self.rule.pk])
        else:
            preview_url = reverse("alerts:preview_new")
        return {
            "form": self.form,
            "rule": self.rule,
            "seen": self.seen,
            "may_change": may,
            "preview": self._preview(),
            "preview_url": preview_url,
        }

    def _is_meant(self) -> bool:
        """Whether it was sent to be saved: other buttons of the form only show something."""
        return "preview" not in self.request.POST and not self.form.is_asked_for_rows

    def _save(self) -> AlertRule | None:
        """Return what was saved; None when it was not, and the form says why."""
        if not self.form.is_valid():
            return None
        key = self.rule.key if self.rule else self.form.cleaned_data["key"]
        version = whole_number(self.request.POST.get("version", ""), below=VERSIONS) or 0
        by = self.request.user.actor
        try:
            saved = lifecycle.save_rule(
                self.folder, key, self.form.definition(), by=by, version=version
            )
        except DomainError as error:
            self._refuse(error)
            return None
        messages.success(self.request, _("Saved.") if saved.changes else _("Nothing was changed."))
        return saved.rule

    def _refuse(self, error: DomainError) -> None:
        if isinstance(error, ConflictError) and self.rule is not None:
            self.seen, self.status = self.rule.version, error.status
            hint = _("Save again to replace what is there now.")
            self.form.add_error(None, f"{error.message} {hint}")
        else:
            self.form.refuse(error)

    def _preview(self) -> Preview:
        if not self.form.is_bound:
            if self.rule is None:
                return Preview()
            return preview_of(self.folder, self.stored)
        rule, problems = self.form.rule_said()
        if problems:
            return Preview(problems=problems)
        said = self.form.cleaned_data
        kept: JsonObject = {
            name: str(said.get(name) or "") for name in ("severity", "calendar", "outside_hours")
        }
        return preview_of(self.folder, {**kept, "rule": rule})


def _blank(request: PersonRequest) -> JsonObject:
    zone = request.user.time_zone or "UTC"
    return {**DEFAULTS, "rule": {"zone": zone, "for_seconds": 300, "clear_seconds": 60}}
