"""Evidence packs for programs: of the folder of the call."""

from django.http import FileResponse, HttpResponse
from ninja import Router
from pydantic import Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.http import StrictModel

from . import keys
from .packing import Asked, make_pack

router = Router(tags=["Audit"])
MAX_SAID = 20_000  # longer than any reference is not found, not refused with half of it repeated


class EvidenceIn(StrictModel):
    reference: str = Field(max_length=MAX_SAID, description="exactly as it is written")
    reason: str = Field(description="why; stands in the pack and in the audit")
    with_personal_data: bool = Field(
        default=False, description="needs the right to reveal; each item that has some is recorded"
    )


@router.post("/evidence", response=None, summary="Make an evidence pack")
def make(request: TokenRequest, body: EvidenceIn) -> FileResponse:
    """All about one business reference as a signed ZIP, see docs/audit.md.

    404 when nothing in the folder bears the reference.
    """
    asked = Asked(
        reference=body.reference.strip(),
        folder=request.folder,
        reason=body.reason,
        reveals=body.with_personal_data,
        by=request.actor,
    )
    pack = make_pack(asked, request.rights)
    return FileResponse(
        pack.file, as_attachment=True, filename=pack.name, content_type="application/zip"
    )


@router.get("/evidence/key", response=None, summary="The public key of evidence packs")
def public_key(request: TokenRequest) -> HttpResponse:
    """As PEM (Ed25519): what a pack's signature is checked with."""
    require(request.rights, Action.VIEW, request.folder.pk)
    pem = keys.signing_key().public_pem
    return HttpResponse(pem, content_type="application/x-pem-file")
