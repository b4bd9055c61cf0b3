"""Translation for modules that decide and must not know Django."""

from django.utils.translation import gettext

__all__ = ["gettext"]
