"""Small decision models as XML, written by tests in a few words."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from apps.lib.dmn import DecisionModel, read_dmn

DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(*parts: str, namespace: str = "test", version: str = DMN_15) -> bytes:
    inside = "\n".join(parts)
    return (
        f'<definitions xmlns="{version}" id="model" name="Model" namespace="{namespace}">\n'
        f"{inside}\n</definitions>"
    ).encode()


def model_of(*parts: str, models: Sequence[DecisionModel] = ()) -> DecisionModel:
    return read_dmn(definitions(*parts), models=models)


def literal(text: str, *, type_ref: str = "") -> str:
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f"<literalExpression{kind}><text>{escape(text)}</text></literalExpression>"


def variable(name: str, type_ref: str = "") -> str:
    kind = f" typeRef={quoteattr(type_ref)}" if type_ref else ""
    return f"<variable name={quoteattr(name)}{kind}/>"


def input_data(name: str, type_ref: str = "") -> str:
    return (
        f'<inputData id="i_{identifier(name)}" name={quoteattr(name)}>'
        f"{variable(name, type_ref)}</inputData>"
    )


def decision(
    name: str,
    logic: str,
    *,
    type_ref: str = "",
    inputs: Sequence[str] = (),
    decisions: Sequence[str] = (),
    knowledge: Sequence[str] = (),
) -> str:
    needs = "".join(
        [
            *(_need("information", "Input", f"i_{identifier(each)}") for each in inputs),
            *(_need("information", "Decision", identifier(each)) for each in decisions),
            *(_need("knowledge", "Knowledge", identifier(each)) for each in knowledge),
        ]
    )
    return (
        f'<decision id="{identifier(name)}" name={quoteattr(name)}>'
        f"{variable(name, type_ref)}{needs}{logic}</decision>"
    )


def knowledge(
    name: str, parameters: Sequence[tuple[str, str]], body: str, *, needs: Sequence[str] = ()
) -> str:
    required = "".join(_need("knowledge", "Knowledge", identifier(each)) for each in needs)
    formal = "".join(
        f"<formalParameter name={quoteattr(each)} typeRef={quoteattr(kind)}/>"
        for each, kind in parameters
    )
    return (
        f'<businessKnowledgeModel id="{identifier(name)}" name={quoteattr(name)}>'
        f"{variable(name)}<encapsulatedLogic>{formal}{body}</encapsulatedLogic>{required}"
        "</businessKnowledgeModel>"
    )


def _need(kind: str, what: str, identity: str) -> str:
    return f'<{kind}Requirement><required{what} href="#{identity}"/></{kind}Requirement>'


def table(
    rules: Sequence[Sequence[str]],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str] = ("",),
    values: Sequence[str] = (),
    default: str = "",
    policy: str = "UNIQUE",
    aggregation: str = "",
) -> str:
    """Return a table; each rule has its cells in order, inputs first."""
    columns = "".join(
        f"<input label={quoteattr(each)}><inputExpression><text>{escape(each)}</text>"
        "</inputExpression></input>"
        for each in inputs
    )
    kind = f' aggregation="{aggregation}"' if aggregation else ""
    values = [*values, *[""] * (len(outputs) - len(values))]
    results = "".join(
        f"<output name={quoteattr(name)}>{_texts('outputValues', allowed)}"
        f"{_texts('defaultOutputEntry', default)}</output>"
        for name, allowed in zip(outputs, values, strict=True)
    )
    rows = "\n".join(rule(n, cells, n_inputs=len(inputs)) for n, cells in enumerate(rules, 1))
    return f'<decisionTable hitPolicy="{policy}"{kind}>{columns}{results}\n{rows}\n</decisionTable>'


def rule(n: int, cells: Sequence[str], *, n_inputs: int) -> str:
    tags = ["inputEntry"] * n_inputs + ["outputEntry"] * (len(cells) - n_inputs)
    inside = "".join(
        f"<{tag}><text>{escape(cell)}</text></{tag}>" for tag, cell in zip(tags, cells, strict=True)
    )
    return f'<rule id="r{n}">{inside}</rule>'


def _texts(tag: str, text: str) -> str:
    return f"<{tag}><text>{escape(text)}</text></{tag}>" if text else ""


def identifier(name: str) -> str:
    return name.lower().replace(" ", "_")
