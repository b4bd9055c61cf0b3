"""Scripts and styles with all that they import, as one text: one request instead of twenty.

The sources stay what browsers understand by themselves (ES modules, `@import`), so nothing has to
be built to work on them. What is understood here is the little of the language that our own files
use; anything else is refused by `BundlingError`, which a test would see.

Each module becomes a function that runs once and returns what it exports, kept in one table of
the page: a module brought by two bundles still runs once.
"""

import re
from collections.abc import Callable

SHELL_SCRIPT = "js/app.js"

IMPORT = re.compile(r"""^import (?:\{([^}]*)\} from )?"\./([\w-]+\.js)";\n""", re.MULTILINE)
IMPORT_ON_DEMAND = re.compile(r"""\bimport\("\./([\w-]+\.js)"\)""")
EXPORT = re.compile(
    r"^export (?=(?:async )?function\*? (?P<function>\w+)|(?:const|class) (?P<name>\w+))",
    re.MULTILINE,
)
LEFT_OVER = re.compile(r"^(?:import|export)\b", re.MULTILINE)
STYLE_IMPORT = re.compile(r"""^@import "([\w./@-]+\.css)";\n""", re.MULTILINE)

TABLE = "const bundled = (globalThis.controlroomModules ??= {});\n"

Reader = Callable[[str], str]


class BundlingError(Exception):
    """A script says something that bundling does not understand."""


def bundle_style(name: str, read: Reader) -> str:
    """Return a style sheet with the sheets that it imports in the imports' places."""

    def imported(match: re.Match[str]) -> str:
        return bundle_style(_beside(name, match[1]), read).rstrip("\n") + "\n"

    return STYLE_IMPORT.sub(imported, read(name))


def bundle_script(name: str, read: Reader, url_of: Callable[[str], str]) -> str:
    """Return a script with the modules that it imports and the shell has not brought already.

    What is imported on demand becomes a bundle of its own, at `url_of(name)`. A script without
    imports and exports is returned as it is: it may be no module at all.
    """
    source = read(name)
    if not (IMPORT.search(source) or EXPORT.search(source) or IMPORT_ON_DEMAND.search(source)):
        return source
    there = [] if name == SHELL_SCRIPT else _modules(SHELL_SCRIPT, read)
    parts = [
        _as_function(module, read(module), url_of)
        for module in _modules(name, read)
        if module not in there
    ]
    names = ", ".join(_exports(source))
    offered = f"export const {{ {names} }} = bundled[{_key(name)}];\n" if names else ""
    return TABLE + "".join(parts) + offered


def _modules(name: str, read: Reader, above: tuple[str, ...] = ()) -> list[str]:
    """Return the modules of a script, those it imports before it, each once."""
    if name in above:
        raise BundlingError(f"{name} imports itself, through {', '.join(above)}.")
    found: list[str] = []
    for match in IMPORT.finditer(read(name)):
        imported = _modules(_beside(name, match[2]), read, (*above, name))
        found += [module for module in imported if module not in found]
    return [*found, name]


def _as_function(name: str, source: str, url_of: Callable[[str], str]) -> str:
    def imported(match: re.Match[str]) -> str:
        if match[1] is None:
            return ""
        names = re.sub(r"(\w+) as (\w+)", r"\1: \2", match[1])
        return f"const {{{names}}} = bundled[{_key(_beside(name, match[2]))}];\n"

    def imported_later(match: re.Match[str]) -> str:
        return f'import("{url_of(_beside(name, match[1]))}")'

    body = IMPORT_ON_DEMAND.sub(imported_later, EXPORT.sub("", IMPORT.sub(imported, source)))
    if LEFT_OVER.search(body):
        raise BundlingError(f"{name} imports or exports in a way that is not understood.")
    exports = ", ".join(_exports(source))
    return f"bundled[{_key(name)}] ??= (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _exports(source: str) -> list[str]:
    return [match["function"] or match["name"] for match in EXPORT.finditer(source)]


def _key(name: str) -> str:
    return f'"{name.rpartition("/")[2]}"'


def _beside(name: str, relative: str) -> str:
    """Return the name of what stands at `relative`, seen from the folder of `name`."""
    folder = name.split("/")[:-1]
    for step in relative.split("/"):
        if step == "..":
            folder.pop()
        elif step != ".":
            folder.append(step)
    return "/".join(folder)
