"""Writes docs/dmn-conformance.md from a run of the kit, and knows why what fails does so."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.lib.dmn.tck import LEVELS, ROOT, Outcome

PAGE = ROOT / "docs" / "dmn-conformance.md"

# Why cases fail, by folder, or by folder and case: the page shows it, and a failure without a
# reason here fails the test.
REASONS = {
    "0076-feel-external-java": (
        "Calls functions written in Java. Refused on purpose: nothing outside of a model is"
        " executed, and deployment says so"
    ),
}
UNKNOWN = "not looked into yet"


def reason_of(outcome: Outcome) -> str:
    case = outcome.case
    return REASONS.get(str(case)) or REASONS.get(case.folder) or UNKNOWN


def failed_of(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if each.differences]


def share(outcomes: Sequence[Outcome], level: str) -> tuple[int, int]:
    """Return how many cases of the level pass, and how many there are."""
    of_level = [each for each in outcomes if each.case.level == level]
    return len(of_level) - len(failed_of(of_level)), len(of_level)


def figures(outcomes: Sequence[Outcome]) -> list[str]:
    """Return one line a level: its name, and how many of its cases pass."""
    lines = []
    for level in LEVELS:
        passed, total = share(outcomes, level)
        name = level.replace("compliance-level-", "Level ")
        lines.append(f"{name}: {passed:,} of {total:,} cases ({percent(passed, total)})")
    return lines


def percent(passed: int, total: int) -> str:
    """Return the share with two places, cut and never rounded up to all of them."""
    hundredths = passed * 10_000 // total if total else 0
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def render(page: str, outcomes: Sequence[Outcome]) -> str:
    """Return the page's text with its figures and reasons made those of `outcomes`."""
    parts = {
        "figures": "\n".join(f"- {line}" for line in figures(outcomes)),
        "reasons": _reasons(failed_of(outcomes)) or "Nothing: every case passes.",
    }
    for name, text in parts.items():
        between = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
        page = between.sub(lambda _match, text=text: text, page)
    return page


def _reasons(failed: Sequence[Outcome]) -> str:
    by_reason: dict[str, list[str]] = {}
    for each in failed:
        by_reason.setdefault(reason_of(each), []).append(str(each.case))
    lines = ["| reason | cases | which |", "|---|---|---|"]
    for reason, cases in sorted(by_reason.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        lines.append(f"| {reason} | {len(cases)} | {_names(cases)} |")
    return "\n".join(lines) if by_reason else ""


def _names(cases: Sequence[str]) -> str:
    counts = Counter(case.partition("/")[0] for case in cases)
    return "; ".join(
        f"`{folder}`: "
        + ", ".join(case.partition("/")[2] for case in cases if case.startswith(f"{folder}/"))
        for folder in counts
    )


def publish(outcomes: Sequence[Outcome]) -> None:
    """Write the page anew."""
    PAGE.write_text(render(PAGE.read_text(), outcomes))
