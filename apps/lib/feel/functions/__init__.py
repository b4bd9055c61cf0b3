"""FEEL's built-in functions, by name."""

from collections.abc import Mapping

from apps.lib.feel.values import Function

BUILTINS: Mapping[str, Function] = {}
