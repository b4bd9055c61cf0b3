"""Pages of tasks: their addresses, what a browser sends to them, and their text."""

from django.urls import reverse

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def url(task, verb="task"):
    return reverse(f"inbox:{verb}", args=[task.pk])


def form_of(task, **changes):
    """What a browser sends for the task's form."""
    sent = {
        "version": str(task.version),
        "v/number": "4711",
        "v/vendor": "Stark",
        "v/total": "100.00",
        "v/due": "",
        "v/lines/:rows": ["", "0", "1"],
        "v/lines/0/text": "Chairs",
        "v/lines/0/net": "60.00",
        "v/lines/1/text": "Desks",
        "v/lines/1/net": "50.00",
    }
    return sent | changes


def text_of(response):
    return response.content.decode()
