"""The page that asks for an evidence pack, and the key to check it with."""

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action
from apps.lib.errors import DomainError, InvalidError, NotAllowedError, NotFoundError

from . import keys
from .forms import EvidenceForm
from .packing import Asked, make_pack

PEM = "application/x-pem-file"


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_page(request: PersonRequest) -> HttpResponse | FileResponse:
    """Ask what about and why; by POST, send the pack."""
    folders = _folders(request)
    if request.method != "POST":
        here = request.folder if request.folder in folders else folders[0]
        said = {"reference": request.GET.get("reference", "")[:200], "folder": here.key}
        form = EvidenceForm(initial=said, folders=folders, rights=request.rights)
        return render(request, "evidence/page.html", {"form": form})
    form = EvidenceForm(request.POST, folders=folders, rights=request.rights)
    status = 422
    if form.is_valid():
        try:
            return _pack(request, form, folders)
        except (InvalidError, NotFoundError, NotAllowedError) as error:
            form.add_error(_field_of(error), error.message)
            status = error.status
    return render(request, "evidence/page.html", {"form": form}, status=status)


@require_safe
def evidence_key(request: PersonRequest) -> HttpResponse:
    """The public key, for whoever checks a pack."""
    answer = HttpResponse(keys.signing_key().public_pem, content_type=PEM)
    answer.headers["Content-Disposition"] = 'attachment; filename="evidence-key.pem"'
    return answer


def _folders(request: PersonRequest) -> list[Folder]:
    """Raises NotAllowedError for who may read no audit."""
    found = list(Folder.objects.filter(pk__in=request.rights.folder_ids(Action.AUDIT)))
    if not found:
        raise NotAllowedError(
            _("Only auditors and admins make evidence packs. An admin can give you the role.")
        )
    return found


def _pack(request: PersonRequest, form: EvidenceForm, folders: list[Folder]) -> FileResponse:
    said = form.cleaned_data
    asked = Asked(
        reference=said["reference"],
        folder=next(each for each in folders if each.key == said["folder"]),
        reason=said["reason"],
        reveals=said.get("with_personal_data", False),
        by=request.user.actor,
    )
    pack = make_pack(asked, request.rights)
    return FileResponse(
        pack.file, as_attachment=True, filename=pack.name, content_type="application/zip"
    )


def _field_of(error: DomainError) -> str | None:
    """Return the field of the form that the message belongs to."""
    if isinstance(error, NotFoundError):
        return "reference"
    return error.fields[0].path if error.fields else None
