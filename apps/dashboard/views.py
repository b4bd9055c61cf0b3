"""The overview: is anything on fire, what, and whose is it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest


@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    return render(request, "dashboard/overview.html")
