"""What forms have in common: choices are drawn as Django draws them."""

import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy

from apps.lib.forms import Renderer

CHOICES = [
    ("", "–"),
    (1, "<b>One</b>"),
    ('"two"', gettext_lazy("Done")),
    ("Group & Co", [("a", "A"), (3.5, "Half")]),
]
WIDGETS = {
    "one of some": forms.Select(choices=CHOICES),
    "several": forms.SelectMultiple(choices=CHOICES),
    "with attributes": forms.Select(
        choices=CHOICES, attrs={"id": "x", "disabled": True, "required": False, "data-n": 7}
    ),
    "none": forms.Select(),
    "yes or no": forms.NullBooleanSelect(),
}


@pytest.mark.parametrize("which", WIDGETS)
@pytest.mark.parametrize("value", [None, "1", "a", '"two"'])
def test_choices_are_drawn_as_django_draws_them(which, value):
    widget = WIDGETS[which]
    value = [value] if which == "several" and value else value

    quick = widget.render("field", value, renderer=Renderer())
    usual = widget.render("field", value, renderer=TemplatesSetting())

    assert parts(quick) == parts(usual)


def test_other_widgets_are_drawn_by_their_templates():
    quick = forms.TextInput().render("field", "<x>", renderer=Renderer())

    assert quick == forms.TextInput().render("field", "<x>", renderer=TemplatesSetting())


def parts(html: str) -> list[object]:
    """Return tags with their attributes in no order, and the texts between them."""
    found: list[object] = []
    for tag, text in re.findall(r"<([^>]*)>([^<]*)", html):
        found.append(frozenset(re.findall(r'[^\s"]+(?:="[^"]*")?', tag)))
        found.append(text.strip())
    return found
