"""Forms drawn with form-js within a diagram; what can't be converted is reported at their part."""

from apps.lib.form_js import FILES, LOOKS, NOTES, SIMPLE, convert
from apps.lib.json import JsonObject

from .parts import Part


def schema_of(form: JsonObject, part: Part) -> JsonObject:
    """Return the schema of a form. What it can't express is reported at `part`."""
    converted = convert(form)
    for problem in converted.problems:
        if problem.is_error:
            part.error(problem.message, problem.advice)
        else:
            part.warn(problem.message, problem.advice)
    return converted.schema


__all__ = ["FILES", "LOOKS", "NOTES", "SIMPLE", "schema_of"]
