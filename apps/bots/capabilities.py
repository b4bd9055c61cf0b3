"""What bots can do, in words of the house: sap, excel, german."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import FieldProblem, InvalidError

from .models import MAX_CAPABILITY

MAX_CAPABILITIES: Final = 50


def check_capabilities(
    words: Iterable[str], path: str = "capabilities", *, at_most: int = MAX_CAPABILITIES
) -> list[str]:
    """Return them sorted, each once, without blanks around. Raises InvalidError for one that is
    none: too long, with a comma in it, or not to be printed; and for more than `at_most`."""
    found = sorted({each.strip() for each in words} - {""})
    words_said = {"n": MAX_CAPABILITY}
    problems = [
        FieldProblem(
            path,
            _("“%s” is no capability") % each[:80]
            + _(": use a word of up to %(n)d characters, without commas") % words_said,
        )
        for each in found
        if len(each) > MAX_CAPABILITY or "," in each or not each.isprintable()
    ]
    if len(found) > at_most:
        problems.append(FieldProblem(path, _("at most %d capabilities") % at_most))
    if problems:
        raise InvalidError(f"{path}: {problems[0].message}.", fields=problems)
    return found


class CapabilitiesField(forms.CharField):
    """Capabilities as people type them: with commas between."""

    default_help_text = gettext_lazy("Words with commas between, such as sap, excel.")

    def __init__(self, *, at_most: int = MAX_CAPABILITIES, **options: Any) -> None:
        self.at_most = at_most
        options.setdefault("required", False)
        options.setdefault("help_text", self.default_help_text)
        super().__init__(max_length=MAX_CAPABILITIES * (MAX_CAPABILITY + 2), **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        try:
            return check_capabilities(super().clean(value).split(","), at_most=self.at_most)
        except InvalidError as error:
            raise forms.ValidationError([problem.message for problem in error.fields]) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
