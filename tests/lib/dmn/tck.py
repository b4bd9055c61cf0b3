"""The cases of the DMN Technology Compatibility Kit: read, run, and counted.

    python -m tests.lib.dmn.tck [--folder 0068] [--verbose] [--publish]

tells how many cases pass, by folder where some fail. `--folder` keeps folders whose name contains
the text, `--verbose` shows what was expected and what came, `--publish` rewrites
docs/dmn-conformance.md. The kit is looked for beside the repository; TCK names another place.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

ROOT = Path(__file__).resolve().parents[3]
KIT = Path(os.environ.get("TCK", ROOT.parent / "shared" / "models" / "dmn-tck"))
LEVELS = ("compliance-level-2", "compliance-level-3")
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
PRECISION = Decimal("0.00000001")  # what the kit's own runner asks of numbers


@dataclass(frozen=True, slots=True)
class Expected:
    """What one result node should be; `is_error` tells that null is an error's."""

    name: str
    value: Any
    is_error: bool


@dataclass(frozen=True, slots=True)
class Case:
    level: str
    folder: str
    file: str
    id: str
    description: str
    model: str
    invocable: str | None
    inputs: dict[str, Any]
    expected: tuple[Expected, ...]

    def __str__(self) -> str:
        return f"{self.folder}/{self.id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`differences` is empty where the case passes; `silent` has errors that nothing told of."""

    case: Case
    differences: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass
class Folder:
    """One folder of the kit: its models, read when they are first asked for, and its cases."""

    path: Path
    models: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> str:
        return self.path.parent.name

    def cases(self) -> Iterator[Case]:
        for file in sorted(self.path.glob("*.xml")):
            root = etree.parse(file).getroot()
            model = root.findtext("{*}modelName") or ""
            for element in root.iterfind("{*}testCase"):
                yield _case(self, file, model, element)

    def run(self) -> list[Outcome]:
        self.models = read_models(self.path)
        return [run_case(case, self.models.get(case.model)) for case in self.cases()]


def folders(containing: str = "") -> list[Folder]:
    """Return the kit's folders whose names contain the text."""
    found = [path for level in LEVELS for path in sorted((KIT / level).glob("*/"))]
    return [Folder(path) for path in found if containing in path.name]


def read_models(path: Path) -> dict[str, Any]:
    """Return the models of a folder by file name; imported ones are read before their importers."""
    from apps.lib.dmn import read_dmn

    waiting = {file.name: file.read_bytes() for file in sorted(path.glob("*.dmn"))}
    imports = {name: _imports(xml) for name, xml in waiting.items()}
    homes = {_namespace(xml) for xml in waiting.values()}
    models: dict[str, Any] = {}
    while waiting:
        have = {model.namespace for model in models.values()}
        ready = [name for name in waiting if not (imports[name] & homes) - have] or list(waiting)
        for name in ready:
            models[name] = read_dmn(waiting.pop(name), models=list(models.values()), tolerant=True)
    return models


def _imports(xml: bytes) -> set[str]:
    return {each.get("namespace", "") for each in etree.fromstring(xml).iterfind("{*}import")}


def _namespace(xml: bytes) -> str:
    return etree.fromstring(xml).get("namespace", "")


def run_case(case: Case, model: Any) -> Outcome:
    """Evaluate what the case asks for, and tell each difference in a line."""
    from apps.lib.dmn import evaluate
    from apps.lib.errors import DomainError
    from apps.lib.feel import FeelError

    if model is None:
        return Outcome(case, (f"no model {case.model}",))
    differences, silent = [], []
    for expected in case.expected:
        try:
            result = evaluate(model, case.invocable or expected.name, case.inputs)
        except (DomainError, FeelError) as error:
            differences.append(f"{expected.name}: {type(error).__name__}: {error}")
            continue
        except Exception as error:  # noqa: BLE001 a crash is a failure to be shown, not an end
            differences.append(f"{expected.name}: CRASH {type(error).__name__}: {error}")
            continue
        if expected.is_error and not result.warnings:
            silent.append(expected.name)
        value = result.value
        if case.invocable and len(case.expected) > 1 and isinstance(value, dict):
            value = value.get(expected.name)
        if not same(value, expected.value):
            told = "; ".join(result.warnings[:3])
            differences.append(
                f"{expected.name}: expected {expected.value!s}, got {value!s}"
                + (f" ({told})" if told else "")
            )
    return Outcome(case, tuple(differences), tuple(silent))


def same(value: Any, expected: Any) -> bool:
    """Tell whether a result is what the kit expects; numbers may differ by PRECISION."""
    from apps.lib.feel import equal

    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and set(value) == set(expected)
            and all(same(value[name], each) for name, each in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(same(one, other) for one, other in zip(value, expected, strict=True))
        )
    if isinstance(expected, Decimal):
        return isinstance(value, Decimal) and abs(value - expected) < PRECISION
    if expected is None or isinstance(expected, bool | str):
        return type(value) is type(expected) and value == expected
    return type(value) is type(expected) and equal(value, expected) is True


def _case(folder: Folder, file: Path, model: str, element: Any) -> Case:
    return Case(
        level=folder.level,
        folder=folder.path.name,
        file=file.name,
        id=element.get("id") or "",
        description=" ".join((element.findtext("{*}description") or "").split()),
        model=model,
        invocable=element.get("invocableName") if element.get("type") != "decision" else None,
        inputs={each.get("name"): value_in(each) for each in element.iterfind("{*}inputNode")},
        expected=tuple(
            Expected(
                each.get("name"),
                value_in(each.find("{*}expected")),
                each.get("errorResult") == "true",
            )
            for each in element.iterfind("{*}resultNode")
        ),
    )


def value_in(holder: Any) -> Any:
    """Return the value inside an element of the kit: a value, a list, or components."""
    components = holder.findall("{*}component")
    if components:
        return {each.get("name"): value_in(each) for each in components}
    items = holder.find("{*}list")
    if items is not None:
        return [value_in(each) for each in items.iterfind("{*}item")]
    value = holder.find("{*}value")
    return None if value is None else _simple(value)


def _simple(element: Any) -> Any:
    from apps.lib.feel.temporal import parse_literal

    if element.get(f"{XSI}nil") == "true":
        return None
    kind = (element.get(f"{XSI}type") or "xsd:string").rpartition(":")[2]
    text = element.text or ""
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in ("decimal", "double", "integer", "float", "int", "long"):
        return Decimal(text.strip())
    if kind in ("date", "time", "dateTime", "duration"):
        return parse_literal(text.strip()) or text
    return text


def main() -> int:
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default="")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    outcomes = []
    for folder in folders(options.folder):
        found = folder.run()
        outcomes += found
        _show(folder, found, verbose=options.verbose)
    for level in LEVELS:
        of_level = [each for each in outcomes if each.case.level == level]
        passed = sum(not each.differences for each in of_level)
        if of_level:
            say(f"{level}: {passed} of {len(of_level)} ({passed / len(of_level):.2%})")
    if options.publish:
        from tests.lib.dmn.conformance import publish

        publish(outcomes)
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _show(folder: Folder, outcomes: list[Outcome], *, verbose: bool) -> None:
    failed = [each for each in outcomes if each.differences]
    if failed:
        say(f"{folder.path.name}: {len(failed)} of {len(outcomes)} fail")
    if not verbose:
        return
    for model in folder.models.values():
        for problem in model.problems:
            say(f"    problem: {problem}")
    for each in failed:
        for difference in each.differences:
            say(f"    {each.case.id}: {difference[:400]}")


if __name__ == "__main__":
    sys.exit(main())
