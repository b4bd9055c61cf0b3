"""What forms of several apps have in common."""

from collections.abc import Iterable
from typing import Any

from django.forms.forms import BaseForm
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.forms.widgets import Select
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def disable_all(form: BaseForm) -> None:
    """Show what `form` holds, to be read only: browsers won't edit it, and posts are ignored."""
    for field in form.fields.values():
        field.disabled = True


class Renderer(TemplatesSetting):
    """Renders lists of choices without templates, and all else with those of the project.

    Django renders two templates for each option: of a list of all time zones that was half the
    time of a page.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == Select.template_name:
            return _select(context["widget"])
        return str(super().render(template_name, context, request))


def _select(widget: dict[str, Any]) -> SafeString:
    groups = format_html_join(
        "",
        "{}",
        ((_group(name, options),) for name, options, _index in widget["optgroups"]),
    )
    named = flatatt(widget["attrs"])
    return format_html('<select name="{}"{}>{}</select>', widget["name"], named, groups)


def _group(name: str | None, options: Iterable[dict[str, Any]]) -> SafeString:
    drawn = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((str(each["value"]), flatatt(each["attrs"]), each["label"]) for each in options),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', name, drawn) if name else drawn
