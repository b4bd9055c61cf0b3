"""Evaluates a decision table of 20 rules with 3 inputs in one process and prints the rate.

    python benchmarks/decisions.py [--seconds 3] [--rules 20]

Needs no servers. Every evaluation is of other values and goes the whole way: inputs as JSON, types
checked, all rules looked at (the hit policy is UNIQUE), the one that matched explained. `--rules`
tells how the rate falls with longer tables.
"""

import argparse
import itertools
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CATEGORIES = ("goods", "services", "travel", "rent", "other")
COUNTRIES = ("DE", "AT", "CH", "FR")
NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def main() -> None:
    options = parse()
    from django.conf import settings

    settings.configure(USE_I18N=False)
    from apps.lib.dmn import evaluate, read_dmn

    model = read_dmn(table(options.rules).encode())
    contexts = list(made_up_contexts())
    matched = 0
    count = 0
    began = time.perf_counter()
    ends = began + options.seconds
    for context in itertools.cycle(contexts):
        matched += len(evaluate(model, "approver", context).matched)
        count += 1
        if count % 100 == 0 and time.perf_counter() > ends:
            break
    seconds = time.perf_counter() - began
    print(
        f"{options.rules} rules, 3 inputs: {count / seconds:,.0f} evaluations/s"
        f" ({seconds / count * 1e6:.0f} µs each, {matched / count:.0%} matched a rule)"
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rules", type=int, default=20)
    return parser.parse_args()


def made_up_contexts() -> "itertools.chain[dict[str, object]]":
    """Yield what approvals are asked for: amounts from small to large, all kinds, all countries."""
    return itertools.chain(
        {"amount": amount / 4, "category": category, "country": country}
        for amount in range(100, 100_000, 777)
        for category in CATEGORIES
        for country in COUNTRIES
    )


def table(n_rules: int) -> str:
    """Return a model that says who approves an invoice, by amount, category and country."""
    rules = "".join(rule(n, n_rules) for n in range(n_rules))
    inputs = "".join(
        f'<inputData id="in_{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/>'
        "</inputData>"
        for name, kind in (("amount", "number"), ("category", "string"), ("country", "string"))
    )
    return f"""<definitions xmlns="{NAMESPACE}" id="d" name="approvals" namespace="benchmark">
      {inputs}
      <decision id="approver" name="Approver"><variable name="Approver" typeRef="string"/>
        <informationRequirement><requiredInput href="#in_amount"/></informationRequirement>
        <informationRequirement><requiredInput href="#in_category"/></informationRequirement>
        <informationRequirement><requiredInput href="#in_country"/></informationRequirement>
        <decisionTable hitPolicy="UNIQUE">
          <input label="Amount"><inputExpression><text>amount</text></inputExpression></input>
          <input label="Kind"><inputExpression><text>category</text></inputExpression></input>
          <input label="Land"><inputExpression><text>country</text></inputExpression></input>
          <output name="approver"/>{rules}
        </decisionTable></decision></definitions>"""


def rule(n: int, of: int) -> str:
    """Return rule `n`: a band of amounts, one of the categories, and most countries."""
    bands = -(-of // len(CATEGORIES))
    band = n // len(CATEGORIES)
    low, high = 25_000 * band // bands, 25_000 * (band + 1) // bands
    texts = (
        f"[{low}..{high})" if band + 1 < bands else f">= {low}",
        f'"{CATEGORIES[n % len(CATEGORIES)]}"',
        f'not("{COUNTRIES[3]}", "XX")' if n % 2 else f'"{COUNTRIES[0]}", "{COUNTRIES[1]}"',
    )
    cells = "".join(f"<inputEntry><text>{escape(text)}</text></inputEntry>" for text in texts)
    return f'<rule>{cells}<outputEntry><text>"group {n}"</text></outputEntry></rule>'


if __name__ == "__main__":
    main()
