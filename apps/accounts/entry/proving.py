"""Who changes what guards an account shows once more who they are, unless they just did."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts.http import PersonRequest

PROVED_AT: Final = "proved_at"  # in the session
GOOD_FOR_SECONDS: Final = 10 * 60

View = Callable[..., HttpResponse]


@receiver(user_logged_in, dispatch_uid="accounts.note_proof")
def note_proof(sender: Any, request: HttpRequest, **_more: Any) -> None:
    """Note that the person of this session has just shown who they are."""
    request.session[PROVED_AT] = time.time()


def proved_lately(request: HttpRequest) -> bool:
    at = request.session.get(PROVED_AT)
    return isinstance(at, float) and 0 <= time.time() - at < GOOD_FOR_SECONDS


def asks_again(view: View) -> View:
    """Have people show who they are before `view`, unless they did within ten minutes.

    They come back to the page they asked for, or to the one they posted from.
    """

    @wraps(view)
    def asked(request: PersonRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if proved_lately(request):
            return view(request, *arguments, **named)
        back = request.get_full_path() if request.method == "GET" else _page_before(request)
        return redirect(f"{reverse('accounts:prove')}?{urlencode({'next': back})}")

    return asked


def _page_before(request: HttpRequest) -> str:
    """Return where a form was posted from: its answer can't be asked for with a GET."""
    return request.POST.get("back", "") or reverse("accounts:security")
