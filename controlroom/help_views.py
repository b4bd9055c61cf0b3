"""`/help/`: the docs, as pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.folders import without_folder

from . import help as docs

DAY_SECONDS = 24 * 3600


@require_safe
@without_folder
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "help/index.html", {"groups": docs.index()})


@require_safe
@without_folder
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    if topic not in docs.topics():
        raise Http404(topic)
    found = docs.document(topic)
    sections = [heading for heading in found.headings if heading.level == 2]
    context = {"document": found, "sections": sections, "text": docs.html_of(found)}
    return render(request, "help/topic.html", context)


@require_safe
@without_folder
def help_picture(request: HttpRequest, name: str) -> HttpResponse:
    if name not in docs.pictures():
        raise Http404(name)
    headers = {"Cache-Control": f"private, max-age={DAY_SECONDS}"}
    return HttpResponse((docs.DOCS / name).read_bytes(), content_type="image/png", headers=headers)
