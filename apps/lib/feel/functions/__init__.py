"""FEEL's built-in functions, by name (DMN 1.5, 10.3.4, and some of Camunda's)."""

from collections.abc import Mapping
from types import MappingProxyType

from apps.lib.feel.values import Function

from . import (
    aggregates,
    booleans,
    contexts,
    conversions,
    intervals,
    lists,
    moments,
    numbers,
    strings,
)

_FAMILIES = (
    aggregates,
    booleans,
    contexts,
    conversions,
    intervals,
    lists,
    moments,
    numbers,
    strings,
)

BUILTINS: Mapping[str, Function] = MappingProxyType(
    {name: each for family in _FAMILIES for name, each in family.registry.functions().items()}
)
