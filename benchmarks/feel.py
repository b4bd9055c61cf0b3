"""Evaluates small FEEL expressions in one process and prints what each evaluation costs.

    python benchmarks/feel.py [--count 100000]

Needs no servers. A comparison of a variable with a literal should cost about a microsecond. The
first column is a whole evaluation with limits and warnings of its own, the second one a part of a
larger run, as in a decision table; the last one is compiling the text, which is done once.
"""

import argparse
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

EXPRESSIONS = (
    "x > 5",
    "x = 5",
    'name = "Ada"',
    "x + y > 5",
    "person.age >= 18 and x > 1",
    'if x > 5 then "many" else "few"',
    "sum(amounts) > 100",
    "amounts[item > 20]",
    "for a in amounts return a * 2",
    "some a in amounts satisfies a > 30",
)
TESTS = ("-", "< 5", '"a", "b", "c"', "[1..5]", "? > 3 and ? < 9")
VARIABLES = {"x": 7, "y": 3, "name": "Ada", "person": {"age": 20}, "amounts": [10, 20, 30, 40]}


def main() -> None:
    count = parse().count
    from apps.lib.feel import Run, compile_expression, compile_unary_tests, from_json

    variables = from_json(VARIABLES)
    print(f"{'':36}  whole    part  compile   (µs, the best of three)")
    for text in EXPRESSIONS:
        expression, run = compile_expression(text), Run()
        whole = cost(lambda e=expression: e.evaluate(variables), count)
        part = cost(lambda e=expression, r=run: e.run(r, variables), min(count, 5_000))
        print(f"{text:36} {whole:6.2f}  {part:6.2f}  {compiling(compile_expression, text):7.1f}")
    for text in TESTS:
        tests, run, value = compile_unary_tests(text), Run(), variables["x"]
        whole = cost(lambda t=tests, v=value: t.matches(v, variables), count)
        part = cost(lambda t=tests, r=run, v=value: t.run(r, v, variables), count)
        print(f"{text:36} {whole:6.2f}  {part:6.2f}  {compiling(compile_unary_tests, text):7.1f}")


def cost(call: Callable[[], object], count: int) -> float:
    """Return the microseconds of one call."""
    return min(timeit.repeat(call, number=count, repeat=3)) / count * 1e6


def compiling(compile_text: Callable[[str], object], text: str) -> float:
    """Return the microseconds of compiling; trailing blanks keep the cache out of it."""
    texts = iter([text + " " * blanks for blanks in range(1, 302)])
    return cost(lambda: compile_text(next(texts)), 100)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
