"""One condition of a state, as a row of plain fields: what, which, is, value."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.assets.models import SEALED, Asset
from apps.bots.models import Automation
from apps.lib.durations import duration_in_words
from apps.lib.json import Json, JsonObject
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

from .fields import PLAIN_TEXT, choose, seconds_in

QUEUE_METRICS = {
    "queue.ready": gettext_lazy("Items that wait in"),
    "queue.oldest_seconds": gettext_lazy("Age of the oldest in"),
    "queue.in_progress": gettext_lazy("Items at work in"),
    "queue.needs_decision": gettext_lazy("Items for a person in"),
    "queue.failure_share": gettext_lazy("Share of failures in"),
}
OTHERS = {
    "asset": gettext_lazy("The value of"),
    "workflow": gettext_lazy("The workflow"),
    "automation": gettext_lazy("A run of"),
    "trigger": gettext_lazy("The trigger"),
}
OPERATORS = [
    (">=", gettext_lazy("is at least")),
    (">", gettext_lazy("is more than")),
    ("<=", gettext_lazy("is at most")),
    ("<", gettext_lazy("is less than")),
    ("=", gettext_lazy("is")),
    ("!=", gettext_lazy("is not")),
]
ENDINGS = [
    ("successful", gettext_lazy("ended well")),
    ("failed", gettext_lazy("failed")),
    ("any", gettext_lazy("ended, well or not")),
]
TODAY = "today"
LENGTHS = {
    300: gettext_lazy("in the last 5 minutes"),
    600: gettext_lazy("in the last 10 minutes"),
    900: gettext_lazy("in the last 15 minutes"),
    3_600: gettext_lazy("in the last hour"),
    14_400: gettext_lazy("in the last 4 hours"),
    86_400: gettext_lazy("in the last 24 hours"),
}
USUAL_WINDOW = 600
SHARE, AGE = "queue.failure_share", "queue.oldest_seconds"
# which select names the thing that a condition is about
WHICH = {**dict.fromkeys(QUEUE_METRICS, "queue"), **{name: name for name in OTHERS}}
YES, NO = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}


class ConditionForm(forms.Form):
    """A row; `condition()` is its JSON, after `is_valid`. Rows of one `group` are alternatives."""

    group = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=1000)
    what = forms.ChoiceField(label=gettext_lazy("What"))
    queue = forms.ChoiceField(label=gettext_lazy("Which queue"), required=False)
    asset = forms.ChoiceField(label=gettext_lazy("Which asset"), required=False)
    workflow = forms.ChoiceField(label=gettext_lazy("Which workflow"), required=False)
    automation = forms.ChoiceField(label=gettext_lazy("Which automation"), required=False)
    trigger = forms.ChoiceField(label=gettext_lazy("Which trigger"), required=False)
    op = forms.ChoiceField(label=gettext_lazy("Is"), choices=OPERATORS, required=False)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
    )
    ended = forms.ChoiceField(label=gettext_lazy("How it ended"), choices=ENDINGS, required=False)
    window = forms.TypedChoiceField(label=gettext_lazy("Since when"), coerce=int, required=False)
    within = forms.ChoiceField(label=gettext_lazy("When"), required=False)

    use_required_attribute = False
    # as people count them
    number = 1

    def fill_choices(self, things: "Things") -> None:
        choose(
            self,
            "what",
            [
                (_("A queue"), list(QUEUE_METRICS.items())),
                (_("Something else"), list(OTHERS.items())),
            ],
        )
        for name in dict.fromkeys(WHICH.values()):
            choose(self, name, [("", _("Choose…")), *things.of[name]])
        self._kinds = things.asset_kinds
        lengths = things.lengths
        choose(self, "window", lengths)
        choose(self, "within", [(TODAY, _("today")), *lengths])

    def disable(self) -> None:
        for field in self.fields.values():
            field.disabled = True

    def shown(self) -> Iterator[forms.BoundField]:
        """All that has a place in the row; what does not belong to its `what` is hidden there."""
        names = [*dict.fromkeys(WHICH.values()), "op", "value", "window", "ended", "within"]
        yield from (self[name] for name in names)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        what = said.get("what")
        if not what:
            return said
        which = WHICH[what]
        if which not in self.errors and not said.get(which):
            self.add_error(which, _("Choose one."))
        if what in QUEUE_METRICS or what == "asset":
            self._clean_value(what, said)
        return said

    def _clean_value(self, what: str, said: dict[str, Any]) -> None:
        try:
            said["value"] = self._value(what, said)
        except forms.ValidationError as error:
            self.add_error("value", error)

    def _value(self, what: str, said: Mapping[str, Any]) -> Json:
        """Return what is compared with; raises ValidationError for what makes no sense there."""
        text = said.get("value", "")
        if what == "asset":
            return _asset_value(text, self._kinds.get(said.get("asset", ""), ""))
        if not text:
            raise forms.ValidationError(_("Say a value."))
        if what == AGE:
            return seconds_in(text)
        number = _number(text.rstrip("% ") if what == SHARE else text)
        if what == SHARE and not 0 <= number <= 100:
            raise forms.ValidationError(_("Write a share in percent, from 0 to 100."))
        return number / 100 if what == SHARE else number

    def condition(self) -> JsonObject:
        said = self.cleaned_data
        what = said["what"]
        if what == "trigger":
            return {"trigger": said["trigger"], "fired": TODAY}
        if what in {"workflow", "automation"}:
            within: Json = said["within"] or TODAY
            length = within if within == TODAY else int(str(within))
            return {what: said[what], "ended": said["ended"] or "any", "within": length}
        compared: JsonObject = {"op": said["op"] or ">=", "value": said["value"]}
        if what == "asset":
            return {"asset": said["asset"], **compared}
        found: JsonObject = {"metric": what, "queue": said["queue"], **compared}
        return found | ({"window_seconds": said["window"] or USUAL_WINDOW} if what == SHARE else {})


class Things:
    """What conditions of a folder can be about: one look for all rows of a form."""

    def __init__(self, folder: Folder, *, but: str = "", lengths: Collection[int] = ()) -> None:
        """`but`: the key of the trigger itself, which never waits for its own start.

        `lengths`: what a program said beside the usual ones, in seconds.
        """
        more = [(each, _within_words(each)) for each in sorted({*lengths} - {*LENGTHS})]
        self.lengths: list[tuple[Any, Any]] = [*LENGTHS.items(), *more]
        assets = Asset.objects.filter(folder=folder).exclude(kind__in=[*SEALED, Asset.Kind.JSON])
        self.asset_kinds = dict(assets.values_list("key", "kind"))
        rows = {
            "queue": WorkQueue.objects.filter(folder=folder),
            "asset": assets,
            "workflow": Workflow.objects.filter(folder=folder),
            "automation": Automation.objects.filter(folder=folder, kind=Automation.Kind.RUN),
            "trigger": Trigger.objects.filter(folder=folder).exclude(key=but),
        }
        self.of = {
            name: list(found.order_by("title").values_list("key", "title"))
            for name, found in rows.items()
        }


def row_fields(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that show one condition."""
    what = str(condition.get("metric") or "") or next(
        (name for name in OTHERS if name in condition), ""
    )
    which = WHICH.get(what)
    if which is None:
        return {"what": what}
    found = {name: condition[name] for name in ("op", "ended", "within") if name in condition}
    found |= {"what": what, which: condition.get(which)}
    found |= {"window": condition.get("window_seconds", USUAL_WINDOW)}
    if "value" in condition:
        found["value"] = _shown(what, condition["value"])
    return found


def _within_words(seconds: int) -> str:
    return _("in the last %(length)s") % {"length": duration_in_words(seconds)}


def _shown(what: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    is_number = isinstance(value, int | float)
    if what == SHARE and is_number:
        return f"{value * 100:g} %"
    if what == AGE and is_number:
        return _age(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _age(seconds: float) -> str:
    """Return it in the largest unit that says it in whole numbers."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length:g} {unit}"
    return f"{seconds:g} s"


def _asset_value(text: str, kind: str) -> Json:
    if kind == Asset.Kind.NUMBER:
        return _number(text)
    if kind == Asset.Kind.FLAG:
        said = text.strip().casefold()
        if said not in {*YES, *NO, _("yes").casefold(), _("no").casefold()}:
            raise forms.ValidationError(_("Write yes or no."))
        return said in YES or said == _("yes").casefold()
    return text


def _number(text: str) -> int | float:
    try:
        found = float(text.strip())
    except ValueError:
        raise forms.ValidationError(_("Write a number.")) from None
    if not abs(found) <= 1e15:  # infinite, no number at all, or beyond what JSON keeps exactly
        raise forms.ValidationError(_("Write a number."))
    return int(found) if found.is_integer() else found
