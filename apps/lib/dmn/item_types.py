"""From item definitions to types: names resolved in any order, circles refused."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from apps.lib.feel.types import ANY, Type
from apps.lib.feel.values import Value

from .elements import FunctionItem, ItemDefinition, Named, Place, Text
from .errors import Problems
from .types import ANYTHING, ItemType, Test, named_type

MAX_SIZE = 2_000  # parts of one type: values are held against each of them

TestCompiler = Callable[[Text], Test | None]


class TypeBuilder:
    """Makes the types of one file; `imported` are those of others, by qualified name."""

    def __init__(
        self,
        items: tuple[ItemDefinition, ...],
        imported: Mapping[str, ItemType],
        compile_test: TestCompiler,
        problems: Problems,
    ) -> None:
        self._items = {each.name: each for each in items}
        self._compile_test = compile_test
        self._problems = problems
        self._under_way: set[str] = set()
        self._sizes: dict[int, tuple[int, Type]] = {}
        self.types: dict[str, ItemType] = dict(imported)

    def build(self) -> dict[str, ItemType]:
        """Return all types by name; what can't be resolved is Any, and a problem."""
        for name in self._items:
            self._defined(name)
        return self.types

    def item(self, name: str | None) -> ItemDefinition | None:
        """Return the definition of that name in this file, or None."""
        return None if name is None else self._items.get(name)

    def of(self, name: str | None, place: Place) -> ItemType:
        """Return the type of that name; a name that nobody defined is a problem, and Any."""
        found = self._defined(name) if name in self._items else named_type(name, self.types)
        if found is None:
            self._problems.add(
                place.element,
                place.line,
                _("%(place)s has the type “%(name)s”, which nothing defines.")
                % {"place": place.way, "name": name},
                _("Define it, or choose a type of FEEL such as string or number."),
            )
        return found or ANYTHING

    def _defined(self, name: str) -> ItemType:
        if name in self.types:
            return self.types[name]
        item = self._items[name]
        if name in self._under_way:
            self._problems.add(
                item.place.element,
                item.place.line,
                _("The type “%(name)s” contains itself.") % {"name": name},
                _("Use Any where the circle closes."),
            )
            return ANYTHING
        self._under_way.add(name)
        found = self._item(item)
        if self._size(found.type) > MAX_SIZE:
            self._report_size(item)
            found = ANYTHING
        self.types[name] = found
        return found

    def _size(self, kind: Type) -> int:
        """Return how many types `kind` is made of; a part that occurs twice counts twice."""
        if id(kind) not in self._sizes:
            inner = [member for _name, member in kind.members]
            inner += [*(kind.parameters or ()), *filter(None, (kind.of, kind.result))]
            size = 1 + sum(self._size(each) for each in inner)
            # keeps the type, too: an id is worth something only while its object lives
            self._sizes[id(kind)] = (size, kind)
        return self._sizes[id(kind)][0]

    def _report_size(self, item: ItemDefinition) -> None:
        self._problems.add(
            item.place.element,
            item.place.line,
            _("The type “%(name)s” is made of more than %(n)d parts.")
            % {"name": item.name, "n": MAX_SIZE},
            _("Use Any for the parts that need no check."),
        )

    def _item(self, item: ItemDefinition) -> ItemType:
        found = _restrict(self._base(item), self._test(item.allowed_values))
        if item.is_collection:
            found = _list_of(found)
        return _restrict(found, self._test(item.constraint))

    def _test(self, text: Text | None) -> Test | None:
        return None if text is None else self._compile_test(text)

    def _base(self, item: ItemDefinition) -> ItemType:
        if item.components:
            return _context_of([(each.name, self._item(each)) for each in item.components])
        if item.function is not None:
            return self._function(item.function, item.place)
        return self.of(item.type_ref, item.place)

    def _function(self, function: FunctionItem, place: Place) -> ItemType:
        def of(named: Named) -> Type:
            return self.of(named.type_ref, place).type

        parameters = tuple(of(each) for each in function.parameters)
        result = self.of(function.result, place).type
        return ItemType(Type("function", parameters=parameters, result=result))


def _restrict(base: ItemType, test: Test | None) -> ItemType:
    if test is None:
        return base
    inner = base.allows
    return ItemType(base.type, test if inner is None else _both(inner, test))


def _both(one: Test, other: Test) -> Test:
    return lambda value: one(value) and other(value)


def _list_of(element: ItemType) -> ItemType:
    kind = Type("list", of=element.type)
    if element.allows is None:
        return ItemType(kind)
    return ItemType(kind, lambda value: all(element.accepts(each) for each in value))


def _context_of(members: list[tuple[str, ItemType]]) -> ItemType:
    kind = Type("context", members=tuple((name, each.type) for name, each in members))
    constrained = [(name, each) for name, each in members if each.allows is not None]
    if not constrained:
        return ItemType(kind)

    def allows(value: Value) -> bool:
        return all(each.accepts(value.get(name)) for name, each in constrained)

    return ItemType(kind, allows)


def result_of(declared: ItemType) -> ItemType:
    """Return the type of what a function of type `declared` gives.

    Models give the variable of a function the function's type or, as in DMN 1.1, its result's.
    """
    if declared.type.name != "function":
        return declared
    result = declared.type.result
    return ANYTHING if result is None or result == ANY else ItemType(result)
