"""Short ways to ask FEEL in tests: values as text, as string() writes them."""

from apps.lib.feel import compile_expression, compile_unary_tests, from_json, text_of


def ask(text, names=(), **variables):
    """Return what `text` gives, written as FEEL writes it."""
    return text_of(value_of(text, names, **variables))


def value_of(text, names=(), **variables):
    given = {name.replace("_", " "): from_json(value) for name, value in variables.items()}
    return compile_expression(text, names=[*names, *given]).evaluate(given)


def warnings_of(text, **variables):
    given = {name: from_json(value) for name, value in variables.items()}
    return compile_expression(text).trace(given).warnings


def passes(tests, value, **variables):
    given = {name: from_json(inner) for name, inner in variables.items()}
    return compile_unary_tests(tests, names=given).matches(from_json(value), given)
