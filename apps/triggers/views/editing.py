"""The editor of a trigger, and the preview that goes along while somebody types."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, may_change, require
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, DomainError
from apps.lib.json import JsonObject
from apps.lib.numbers import VERSIONS, whole_number
from apps.triggers.definitions import DEFAULTS, definition_of
from apps.triggers.differences import differences
from apps.triggers.forms import DEFAULT_KIND, FORM_OF
from apps.triggers.lifecycle import save_trigger
from apps.triggers.models import Trigger
from apps.triggers.presenting import rule_of
from apps.triggers.presenting_kinds import OFFERED, kinds_to_choose
from apps.triggers.previewing import Load, Preview, load_to_confirm, preview_of
from apps.triggers.receiving.signing import holding, is_webhook
from apps.triggers.times import rule_said

from .deliveries import tell_secret
from .looking import SAVED, find

Kind = Trigger.Kind


@require_http_methods(["GET", "POST"])
def trigger_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _Editor(request, request.folder, None).page()


@require_http_methods(["GET", "POST"])
def trigger_edit(request: PersonRequest, pk: int) -> HttpResponse:
    trigger = find(request, pk)
    return _Editor(request, trigger.folder, trigger).page()


@require_POST
def preview_new(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _Editor(request, request.folder, None).preview_alone()


@require_POST
def preview(request: PersonRequest, pk: int) -> HttpResponse:
    trigger = find(request, pk)
    require(request.user, Action.DESIGN, trigger.folder_id)
    return _Editor(request, trigger.folder, trigger).preview_alone()


class _Editor:
    """One look at the editor: the form, what it would come to, and saving it."""

    def __init__(self, request: PersonRequest, folder: Folder, trigger: Trigger | None) -> None:
        self.request, self.folder, self.trigger = request, folder, trigger
        self.kind = trigger.kind if trigger else kind_said(request)
        self.stored = definition_of(trigger) if trigger else _blank(request, self.kind)
        self.seen = trigger.version if trigger else 0
        is_sent = request.method == "POST"
        self.form = FORM_OF[self.kind](
            request.POST if is_sent else None,
            folder=folder,
            definition=self.stored,
            key=trigger.key if trigger else "",
        )
        self.changes = self._changes() if trigger and is_sent and self.form.is_valid() else []
        self.load: Load | None = None
        self.status = 200

    def page(self) -> HttpResponse:
        method = self.request.method or ""
        may = may_change(self.request.user, Action.DESIGN, self.folder.pk, method=method)
        if not may:
            self.form.disable()
        if method == "POST" and self._is_meant():
            saved = self._save()
            if saved is not None and is_webhook(saved) and not holding(saved):
                return tell_secret(self.request, saved)
            if saved is not None:
                return redirect("triggers:trigger_detail", pk=saved.pk)
            self.status = self.status if self.status != 200 else 422
        context = {
            "form": self.form,
            "trigger": self.trigger,
            "kind": Kind(self.kind),
            "kinds": kinds_to_choose(self.kind),
            "seen": self.seen,
            "load": self.load,
            "may_change": may,
            "preview": self._preview(),
            "preview_url": self._preview_url(),
        }
        return render(self.request, "triggers/form.html", context, status=self.status)

    def preview_alone(self) -> HttpResponse:
        context: dict[str, Any] = {"preview": self._preview(), "trigger": self.trigger}
        if self.form.is_asked_for_rows:
            rows = {"form": self.form, "preview_url": self._preview_url(), "may_change": True}
            return render(self.request, "triggers/kinds/_rows_answer.html", context | rows)
        return render(self.request, "triggers/_preview.html", context)

    def _preview_url(self) -> str:
        if self.trigger:
            return reverse("triggers:preview", args=[self.trigger.pk])
        return f"{reverse('triggers:preview_new')}?kind={self.kind}"

    def _is_meant(self) -> bool:
        """Whether it was sent to be saved: other buttons of the form only show something."""
        return "preview" not in self.request.POST and not self.form.is_asked_for_rows

    def _save(self) -> Trigger | None:
        """Return what was saved; None when it was not, and the form says why."""
        if not self.form.is_valid():
            return None
        definition = self.form.definition()
        key = self.trigger.key if self.trigger else self.form.cleaned_data["key"]
        try:
            self.load = self._load(definition)
            if self.load and self.request.POST.get("confirm", "").strip() != str(self.load.n):
                return None
            version = whole_number(self.request.POST.get("version", ""), below=VERSIONS) or 0
            by = self.request.user.actor
            saved = save_trigger(self.folder, key, definition, by=by, version=version)
        except DomainError as error:
            self._refuse(error)
            return None
        self.request.session[SAVED] = {"pk": saved.trigger.pk, "changes": self.changes}
        if self.trigger and not saved.changes:
            del self.request.session[SAVED]
            messages.info(self.request, _("Nothing was changed."))
        return saved.trigger

    def _load(self, definition: JsonObject) -> Load | None:
        if self.kind not in Trigger.TIMED:
            return None
        before = rule_of(self.trigger) if self.trigger else None
        return load_to_confirm(rule_said(self.folder, definition), before, database_now())

    def _refuse(self, error: DomainError) -> None:
        if isinstance(error, ConflictError) and self.trigger is not None:
            # what is there now is compared with what was typed; the next save is meant
            self.seen, self.status = self.trigger.version, error.status
            hint = _("“What changes” compares with what is there now; save again to replace it.")
            self.form.add_error(None, f"{error.message} {hint}")
        else:
            self.form.refuse(error)

    def _preview(self) -> Preview:
        if not self.form.is_bound:
            said, problems = self.stored if self.trigger else {}, list[tuple[str, str]]()
        else:
            said, problems = self.form.rule_said()
        if problems or not said.get("rule"):
            return Preview(problems=problems, has_times=self.kind in Trigger.TIMED)
        return self._come_to(said).with_changes(self.changes)

    def _come_to(self, said: JsonObject) -> Preview:
        neighbours = Trigger.objects.filter(folder=self.folder, status=Trigger.Status.ENABLED)
        if self.trigger:
            neighbours = neighbours.exclude(pk=self.trigger.pk)
        return preview_of(self.folder, said, neighbours, self.form.label_of)

    def _changes(self) -> list[dict[str, str]]:
        return differences(self.stored, self.form.definition())


def kind_said(request: PersonRequest) -> str:
    """Return the kind of new trigger that the address names."""
    kind = request.GET.get("kind", "")
    return kind if kind in OFFERED else DEFAULT_KIND


def _blank(request: PersonRequest, kind: str) -> JsonObject:
    zone = request.user.time_zone if "zone" in FORM_OF[kind].base_fields else ""
    rule: dict[str, Any] = {"zone": zone} if zone else {}
    return {**DEFAULTS, "kind": kind, "rule": rule, "owner": request.user.username}
