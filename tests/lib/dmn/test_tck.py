"""The DMN Technology Compatibility Kit, folder by folder: `-k 0068` runs one of them."""

from functools import cache

import pytest

from tests.lib.dmn import conformance, tck

pytestmark = pytest.mark.skipif(
    not tck.KIT.is_dir(), reason=f"the DMN TCK is not at {tck.KIT.name}; set TCK to its place"
)

FOLDERS = {f"{each.level[-1]}-{each.path.name}": each for each in tck.folders()}


@cache
def outcomes_of(name: str) -> tuple[tck.Outcome, ...]:
    return tuple(FOLDERS[name].run())


@pytest.mark.parametrize("name", FOLDERS)
def test_cases_give_what_the_kit_expects_unless_a_reason_is_published(name):
    unexplained = [
        f"{each.case.id}: {difference}"
        for each in conformance.failed_of(outcomes_of(name))
        if conformance.reason_of(each) == conformance.UNKNOWN
        for difference in each.differences
    ]

    assert not unexplained, "\n".join(unexplained)


def test_level_2_passes_whole_and_level_3_nearly_whole_as_the_page_says(capsys):
    outcomes = [each for name in FOLDERS for each in outcomes_of(name)]

    with capsys.disabled():
        for line in conformance.figures(outcomes):
            tck.say(f"\nDMN TCK {line}")
    passed, total = conformance.share(outcomes, tck.LEVELS[0])
    assert passed == total > 100
    passed, total = conformance.share(outcomes, tck.LEVELS[1])
    assert passed / total >= 0.99
    page = conformance.PAGE.read_text()
    assert page == conformance.render(page, outcomes), "run python -m tests.lib.dmn.tck --publish"


def test_what_the_kit_calls_an_error_is_told_in_a_warning_nearly_always():
    outcomes = [each for name in FOLDERS for each in outcomes_of(name)]
    errors = sum(expected.is_error for each in outcomes for expected in each.case.expected)
    silent = [str(each.case) for each in outcomes if each.silent]

    assert errors > 1_000
    assert len(silent) < errors / 100, silent


def test_reasons_are_published_for_failing_cases_only():
    failed = {
        key
        for name in FOLDERS
        for each in conformance.failed_of(outcomes_of(name))
        for key in (str(each.case), each.case.folder)
    }

    assert set(conformance.REASONS) <= failed
