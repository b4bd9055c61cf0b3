"""What bots can do, in words of the house: short names such as `sap` or `excel:2021`."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import FieldProblem, InvalidError

from .models import MAX_CAPABILITY

MAX_CAPABILITIES: Final = 50
# they are said on command lines, too
PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:+-]*$"
_WORD = re.compile(PATTERN, re.ASCII)


def check_capabilities(words: Iterable[str], path: str = "capabilities") -> list[str]:
    """Return them sorted, each once. Raises InvalidError naming the one that is none."""
    found = sorted(set(words))
    problems = [
        FieldProblem(
            path, _("“%s” is no capability: use a word like sap or excel:2021") % each[:80]
        )
        for each in found
        if len(each) > MAX_CAPABILITY or not _WORD.fullmatch(each)
    ]
    if len(found) > MAX_CAPABILITIES:
        problems.append(FieldProblem(path, _("at most %d capabilities") % MAX_CAPABILITIES))
    if problems:
        raise InvalidError(f"{path}: {problems[0].message}.", fields=problems)
    return found


class CapabilitiesField(forms.CharField):
    """Capabilities as people type them: with commas or blanks between."""

    default_help_text = gettext_lazy("Words with commas between, such as sap, excel:2021.")

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("help_text", self.default_help_text)
        super().__init__(max_length=MAX_CAPABILITIES * (MAX_CAPABILITY + 2), **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        words = [each for each in re.split(r"[,;\s]+", super().clean(value)) if each]
        try:
            return check_capabilities(words)
        except InvalidError as error:
            raise forms.ValidationError([problem.message for problem in error.fields]) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
