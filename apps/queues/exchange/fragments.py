"""The page of an upload, live: while it is read, and while its rows are added."""

from typing import Any

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in
from apps.queues.models import Upload

from . import presenting
from .forms import ReadingForm

Context = dict[str, Any]


@fragment(
    "upload.panel",
    template="queues/upload_detail.html#panel",
    action=Action.OPERATE,
    topics=("upload:{id}", "operation:{operation}"),
)
def upload_panel(audience: Audience, arg: str) -> Context | None:
    """`arg` is the number, with that of the operation once there is one: `3?operation=17`."""
    folders = audience.folder_ids(Action.OPERATE)
    found = Upload.objects.filter(
        pk=number_in(arg.partition("?")[0]) or 0, queue__folder_id__in=folders
    )
    upload = found.select_related("queue", "operation").first()
    if upload is None:
        return None
    context: Context = {"upload": upload, "source": presenting.source_of(upload)}
    if upload.status == Upload.Status.READY:
        context |= presenting.preview_of(upload)
        context["reading_form"] = ReadingForm(upload=upload)
    elif upload.status == Upload.Status.CONFIRMED:
        context |= presenting.result_of(upload)
    if upload.status in (Upload.Status.READY, Upload.Status.CONFIRMED):
        context["faults"] = presenting.faults_of(upload)
    return context
