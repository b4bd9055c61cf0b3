"""From text to a tree: tokens, names with spaces, and a Pratt parser."""

from .parser import parse_expression, parse_unary_tests

__all__ = ["parse_expression", "parse_unary_tests"]
