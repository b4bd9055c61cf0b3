"""One condition of an alert, as a row of plain fields: those of state triggers, and a few more."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.alerts.models import CheckIn
from apps.bots.models import BotPool
from apps.lib.durations import duration_in_words
from apps.lib.json import JsonObject
from apps.lib.keys import is_key
from apps.triggers.forms.conditions import (
    AGE,
    LENGTHS,
    OTHERS,
    QUEUE_METRICS,
    SHARE,
    ConditionForm,
    Things,
    row_fields,
)
from apps.triggers.forms.fields import PLAIN_TEXT, LengthField, choose, seconds_in
from apps.triggers.forms.rows import ConditionRows

FLOWS = {
    "queue.finished": gettext_lazy("Items done in"),
    "queue.added": gettext_lazy("New items in"),
}
BOTS, CHECK_IN = "bots.silent", "check_in"
FAILURES = {
    "failures.groups": gettext_lazy("Groups of failures nobody took"),
    "failures.worst": gettext_lazy("Most failures of one group"),
}
SILENT = {
    BOTS: gettext_lazy("Bots that do not answer"),
    CHECK_IN: gettext_lazy("No check-in of"),
}
USUAL_SPAN, USUAL_SILENCE = 1_800, 60
SPANS = {**LENGTHS, USUAL_SPAN: gettext_lazy("in the last 30 minutes")}
# what a value that ends it can be said for
CLEARED = {*QUEUE_METRICS, *FLOWS, *FAILURES, BOTS}


class AlertConditionForm(ConditionForm):
    """A row; `condition()` is its JSON, after `is_valid`."""

    pool = forms.ChoiceField(label=gettext_lazy("Which pool"), required=False)
    check_in = forms.CharField(
        label=gettext_lazy("Check-in, by its key"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": gettext_lazy("key")}),
    )
    span = forms.ChoiceField(label=gettext_lazy("Within"), required=False)
    silence = LengthField(
        label=gettext_lazy("silent for"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("as in 2 min")}),
    )
    clear = forms.CharField(
        label=gettext_lazy("ends at"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={**PLAIN_TEXT, "placeholder": gettext_lazy("the same")}),
    )

    def fill_choices(self, things: Things) -> None:
        super().fill_choices(things)
        metrics = {**QUEUE_METRICS, **FLOWS}
        choose(
            self,
            "what",
            [
                (_("A queue"), list(metrics.items())),
                (_("Failures"), list(FAILURES.items())),
                (_("What should be heard of"), list(SILENT.items())),
                (_("Something else"), list(OTHERS.items())),
            ],
        )
        pools = things.of.get("pool", [])
        choose(self, "pool", [("", _("of all pools")), *pools])
        spans = {**SPANS, **{each: _in_the_last(each) for each, _word in things.lengths}}
        choose(self, "span", sorted(spans.items()))

    def shown(self) -> Iterator[forms.BoundField]:
        names = ["queue", "asset", "workflow", "automation", "trigger", "pool", "check_in"]
        names += ["op", "value", "clear", "window", "span", "silence", "ended", "within"]
        yield from (self[name] for name in names)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        what = said.get("what", "")
        if what in FLOWS and not said.get("queue"):
            self.add_error("queue", _("Choose one."))
        if what in {*FLOWS, *FAILURES, BOTS}:
            self._clean_value(what, said)
        elif what == CHECK_IN:
            self._clean_check_in(said)
        elif what:
            said = super().clean()
        if what in CLEARED and said.get("clear"):
            self._clean_clear(what, said)
        return said

    def condition(self) -> JsonObject:
        said = self.cleaned_data
        what = said["what"]
        found = self._own_condition(what, said) or super().condition()
        if what in CLEARED and said["clear"] != "":
            found["clear"] = said["clear"]
        return found

    def _own_condition(self, what: str, said: Mapping[str, Any]) -> JsonObject:
        if what == CHECK_IN:
            return {"check_in": said["check_in"], "silent_seconds": said["silence"]}
        compared: JsonObject = {"metric": what, "op": said["op"] or ">=", "value": said["value"]}
        if what in FLOWS:
            span = int(said["span"] or USUAL_SPAN)
            return {**compared, "queue": said["queue"], "window_seconds": span}
        if what in FAILURES:
            is_worst = what == "failures.worst"
            span = int(said["span"] or USUAL_SPAN)
            return {**compared, **({"window_seconds": span} if is_worst else {})}
        if what == BOTS:
            pool: JsonObject = {"pool": said["pool"]} if said["pool"] else {}
            return {**compared, **pool, "silent_seconds": said["silence"] or USUAL_SILENCE}
        return {}

    def _clean_check_in(self, said: dict[str, Any]) -> None:
        key = said.get("check_in", "")
        if not key:
            self.add_error("check_in", _("Say its key."))
        elif not is_key(key):
            self.add_error("check_in", _("Use letters, digits, dashes and underscores."))
        if "silence" not in self.errors and not said.get("silence"):
            self.add_error("silence", _("Say for how long, as in 2 h."))

    def _clean_clear(self, what: str, said: dict[str, Any]) -> None:
        """Read it as the value is read."""
        try:
            said["clear"] = self._value(what, {**said, "value": said["clear"]})
        except forms.ValidationError as error:
            self.add_error("clear", error)


class AlertRows(ConditionRows):
    """The rows of a rule."""

    form_class = AlertConditionForm

    @staticmethod
    def fields_of(condition: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that show one condition."""
        found = _own_fields(condition) or row_fields(condition)
        if "clear" in condition:
            shown = {**condition, "value": condition["clear"]}
            found["clear"] = (_own_fields(shown) or row_fields(shown)).get("value")
        return found


class AlertThings(Things):
    """What conditions of alerts can be about: one look for all rows of a form."""

    def __init__(self, folder: Folder, *, lengths: set[int]) -> None:
        super().__init__(folder, lengths=lengths)
        pools = BotPool.objects.filter(folder=folder).order_by("title")
        self.of["pool"] = list(pools.values_list("key", "title"))
        checked_in = CheckIn.objects.filter(folder=folder).order_by("key")
        self.checked_in = list(checked_in.values_list("key", flat=True)[:100])


def _own_fields(condition: Mapping[str, Any]) -> dict[str, Any]:
    metric = condition.get("metric")
    if CHECK_IN in condition:
        key, silence = condition[CHECK_IN], condition.get("silent_seconds")
        return {"what": CHECK_IN, "check_in": key, "silence": silence}
    if metric not in {*FLOWS, *FAILURES, BOTS}:
        return {}
    value = condition.get("value")
    shown = f"{value:g}" if isinstance(value, int | float) else value
    found = {"what": metric, "op": condition.get("op"), "value": shown}
    if metric == BOTS:
        silence = condition.get("silent_seconds", USUAL_SILENCE)
        return {**found, "pool": condition.get("pool", ""), "silence": silence}
    span = condition.get("window_seconds", USUAL_SPAN)
    return {**found, "queue": condition.get("queue", ""), "span": span}


def _in_the_last(seconds: int) -> str:
    return _("in the last %(length)s") % {"length": duration_in_words(seconds)}


__all__ = ["AGE", "SHARE", "AlertConditionForm", "AlertRows", "AlertThings", "seconds_in"]
