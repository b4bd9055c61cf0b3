"""A trigger that starts when something comes in: a call, a file, a mail, an event of the house."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.assets.models import Asset
from apps.lib.json import Json, JsonObject
from apps.queues.forms import CODE
from apps.triggers.models import Trigger
from apps.triggers.receiving.filtering import MAX_FILTER
from apps.triggers.receiving.happenings import KINDS
from apps.triggers.receiving.rules import DEFAULT_SETTLE, DEFAULT_TOLERANCE, MAX_PATTERN

from .base import TriggerForm
from .fields import PLAIN_TEXT, choose

SOURCES = [
    ("webhook", gettext_lazy("A call from elsewhere")),
    ("internal", gettext_lazy("Something that happens here")),
    ("file", gettext_lazy("A file in a folder")),
    ("mail", gettext_lazy("A mail")),
]
# by source: what the rule calls it → the field where people see it
FIELDS_OF_SOURCE: dict[str, dict[str, str]] = {
    "webhook": {"tolerance_seconds": "tolerance_seconds"},
    "internal": {"events": "events", "of": "of"},
    "file": {
        "folder": "watched_folder",
        "pattern": "pattern",
        "settle_seconds": "settle_seconds",
        "then": "then",
    },
    "mail": {
        "credential": "credential",
        "host": "host",
        "port": "port",
        "tls": "tls",
        "mailbox": "mailbox",
        "from": "mail_from",
        "subject": "mail_subject",
    },
}
NAMED = {name: field for each in FIELDS_OF_SOURCE.values() for name, field in each.items()}


class EventForm(TriggerForm):
    """A trigger that waits for what comes in; of each source only its own fields count."""

    kind = Trigger.Kind.EVENT
    template = "triggers/kinds/_event.html"
    STARTS = ("workflow", "run", "items", "task", "alert")
    OF_RULE = ("source", "filter", *NAMED.values())
    RULE_FIELDS = NAMED
    # what each source can't do without
    NEEDED: ClassVar[dict[str, tuple[str, ...]]] = {
        "internal": ("events",),
        "file": ("watched_folder",),
        "mail": ("credential", "host"),
    }

    source = forms.ChoiceField(
        label=gettext_lazy("It waits for"), choices=SOURCES, widget=forms.RadioSelect
    )
    tolerance_seconds = forms.IntegerField(
        label=gettext_lazy("Calls may be so many seconds old"),
        required=False,
        min_value=10,
        max_value=3_600,
        help_text=gettext_lazy("Older ones are refused: somebody may have kept one to send again."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("When"), required=False, widget=forms.CheckboxSelectMultiple
    )
    of = forms.CharField(
        label=gettext_lazy("Only of"),
        required=False,
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("The key of a workflow, queue, automation or bot; empty: of any."),
    )
    watched_folder = forms.CharField(
        label=gettext_lazy("Folder"),
        required=False,
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("Below the folder that is watched, as in invoices/in."),
    )
    pattern = forms.CharField(
        label=gettext_lazy("Name of the file"),
        required=False,
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("As in *.pdf; empty: any."),
    )
    settle_seconds = forms.IntegerField(
        label=gettext_lazy("Unchanged for seconds"),
        required=False,
        min_value=1,
        max_value=3_600,
        help_text=gettext_lazy("So that nothing is taken that is still being written."),
    )
    then = forms.ChoiceField(
        label=gettext_lazy("Afterwards the file"),
        required=False,
        choices=[
            ("move", gettext_lazy("is moved aside")),
            ("keep", gettext_lazy("stays where it is")),
            ("delete", gettext_lazy("is removed, and kept with the items")),
        ],
    )
    credential = forms.ChoiceField(
        label=gettext_lazy("Credential"),
        required=False,
        help_text=gettext_lazy("User name and password of the mailbox."),
    )
    host = forms.ChoiceField(label=gettext_lazy("Mail server"), required=False)
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        required=False,
        min_value=1,
        max_value=65_535,
        help_text=gettext_lazy("Empty: the usual one."),
    )
    tls = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        required=False,
        choices=[
            ("tls", gettext_lazy("from the start (TLS)")),
            ("starttls", gettext_lazy("after saying hello (STARTTLS)")),
            ("none", gettext_lazy("none: this machine alone")),
        ],
    )
    mailbox = forms.CharField(
        label=gettext_lazy("Mailbox"),
        required=False,
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("Empty: INBOX."),
    )
    mail_from = forms.CharField(
        label=gettext_lazy("Only from"),
        required=False,
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("Part of the sender's address."),
    )
    mail_subject = forms.CharField(
        label=gettext_lazy("Only with the subject"),
        required=False,
        max_length=MAX_PATTERN,
        help_text=gettext_lazy("Part of it."),
    )
    filter = forms.CharField(
        label=gettext_lazy("Only if"),
        required=False,
        max_length=MAX_FILTER,
        widget=forms.TextInput(attrs=CODE),
        help_text=gettext_lazy("A FEEL expression over event, as in event.body.total > 100."),
    )

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        usual = {"source": "webhook", "tolerance_seconds": DEFAULT_TOLERANCE, "then": "move"}
        usual |= {"settle_seconds": DEFAULT_SETTLE, "tls": "tls"}
        return {**super().usual_fields(), **usual}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        named = FIELDS_OF_SOURCE.get(str(rule.get("source")), {})
        said = {field: rule[name] for name, field in named.items() if name in rule}
        return {"source": rule.get("source"), "filter": rule.get("filter", ""), **said}

    def rule(self, said: dict[str, Any]) -> JsonObject:
        """Return only what its source uses, and of that only what was said."""
        source = said["source"]
        found: JsonObject = {"source": source}
        for name, field in FIELDS_OF_SOURCE[source].items():
            value: Json = said[field]
            if value not in (None, "", []):
                found[name] = value
        return found | ({"filter": said["filter"].strip()} if said["filter"].strip() else {})

    def fill_choices(self, folder: Folder) -> None:
        super().fill_choices(folder)
        choose(self, "events", list(KINDS.items()))
        credentials = Asset.objects.filter(folder=folder, kind=Asset.Kind.CREDENTIAL)
        self.choose_row("credential", credentials.order_by("title").values_list("key", "title"))
        hosts = {*settings.MAIL_HOSTS, str(self.initial.get("host") or "")} - {""}
        self.choose_row("host", [(host, host) for host in sorted(hosts)])

    @property
    def has_mail_servers(self) -> bool:
        return bool(settings.MAIL_HOSTS)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.NEEDED.get(said.get("source", ""), ()):
            if name not in self.errors and not said.get(name):
                self.add_error(name, _("This is needed."))
        return said
