"""What is asked for with a file, and with its columns."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.queues.models import Upload

from .settings import MAX_COLUMNS, Settings

COLUMN = "column-{}"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX. The first row names the columns."),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"}),
    )


class ReadingForm(forms.Form):
    """How the file is read, where it does not say so itself."""

    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    decimal = forms.ChoiceField(
        label=_("Decimals"), required=False, choices=[(".", "1234.50"), (",", "1234,50")]
    )
    days = forms.ChoiceField(
        label=_("Dates"),
        required=False,
        choices=[("dmy", _("31/12/2026: day first")), ("mdy", _("12/31/2026: month first"))],
    )

    def __init__(self, data: Any = None, *, upload: Upload) -> None:
        found = upload.found
        initial = {name: found.get(name, "") for name in ("sheet", "decimal", "days")}
        super().__init__(data, initial=initial, auto_id="id_reading_%s")
        sheets = [str(name) for name in found.get("sheets", [])]
        self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        if len(sheets) < 2:
            del self.fields["sheet"]
        for field in self.fields.values():
            field.widget.attrs["form"] = "columns-form"

    def settings(self, before: Settings) -> Settings:
        values = {name: self.cleaned_data.get(name) or "" for name in ("sheet", "decimal", "days")}
        return Settings(**values, zone=before.zone)


def mapping_in(data: QueryDict, upload: Upload) -> list[str | None]:
    """Return the target that was chosen for each column of the file."""
    n = min(len(upload.found.get("header", [])), MAX_COLUMNS)
    return [data.get(COLUMN.format(index)) or None for index in range(n)]
