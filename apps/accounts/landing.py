"""Where somebody begins: after signing in, and by the control room's name on every page."""

from django.conf import settings
from django.shortcuts import resolve_url

from .permissions import Holder, rights_of
from .roles import GRANTS, Role

INBOX = "inbox:inbox"


def landing_of(holder: Holder) -> str:
    """Return the inbox for whoever is a business user and nothing else, in all their folders."""
    parts = {granted for _folder, granted in rights_of(holder).by_folder}
    decides_only = parts == {GRANTS[Role.BUSINESS_USER]}
    return resolve_url(INBOX if decides_only else settings.LOGIN_REDIRECT_URL)
