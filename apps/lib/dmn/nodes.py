"""The compiled parts of a model: immutable, and shared by all threads that evaluate them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from apps.lib.feel.values import Function, Value

from .running import Code
from .types import ItemType

Key: TypeAlias = tuple[str, str]  # namespace and id


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InputNode:
    """Input data: looked up by name in what the evaluation was given."""

    key: Key
    name: str
    type: ItemType


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KnowledgeNode:
    """A business knowledge model: a function."""

    key: Key
    name: str
    function: Function


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DecisionNode:
    """A decision. `functions` are the constant part of its scope: what it may call; `levels` how
    many decisions stand above each other, itself included."""

    key: Key
    name: str
    variables: tuple[str, ...]
    question: str
    type: ItemType
    logic: Code | None
    needs: tuple["Need", ...] = ()
    functions: Mapping[str, Value] = field(default_factory=dict)
    levels: int = 1
    way: str = ""

    @property
    def id(self) -> str:
        return self.key[1]

    @property
    def variable(self) -> str:
        return self.variables[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ServiceNode:
    """A decision service: decisions that are asked together, as a function of its parameters."""

    key: Key
    name: str
    parameters: tuple[InputNode | DecisionNode, ...]
    outputs: tuple[DecisionNode, ...]
    result: ItemType
    function: Function

    @property
    def id(self) -> str:
        return self.key[1]


@dataclass(frozen=True, slots=True)
class Need:
    """A required input or decision; `within` is the import's name where it is of another model."""

    node: InputNode | DecisionNode
    within: str = ""


Node: TypeAlias = InputNode | KnowledgeNode | DecisionNode | ServiceNode


def variable_of(node: Node) -> str:
    """Return the name that expressions know the node by."""
    return node.variable if isinstance(node, DecisionNode) else node.name


def aliases_of(node: Node) -> tuple[str, ...]:
    """Return all names that expressions know the node by."""
    return node.variables if isinstance(node, DecisionNode) else (node.name,)
