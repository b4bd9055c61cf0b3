"""Random models that are well structured: every block has one way in and one way out."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.workflows.models import (
    ProcessBuilder,
    error,
    escalation,
    message,
    process,
    signal,
    terminate,
    timer,
)  # fmt: skip

SINGLE = ("service", "user", "script", "timer", "race", "caught", "fan_out", "shout")
AROUND = ("subprocess", "late", "reminded", "each", "one_by_one", "listening", "stopped")
BRANCHING = ("parallel", "exclusive", "inclusive")


@dataclass(frozen=True)
class Block:
    """`kind` says how the `parts` are put together; "sequence": one behind the other."""

    kind: str
    parts: tuple["Block", ...] = ()
    bits: tuple[bool, ...] = field(default=(True, False))


def blocks(
    *, single: tuple[str, ...] = SINGLE, around: tuple[str, ...] = AROUND, leaves: int = 8
) -> st.SearchStrategy[Block]:
    """Return a strategy for blocks of these kinds."""
    bits = st.tuples(st.booleans(), st.booleans())

    def larger(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        two = st.tuples(inner, inner)
        return st.one_of(
            st.builds(Block, st.just("sequence"), st.lists(inner, max_size=3).map(tuple)),
            st.builds(Block, st.sampled_from(BRANCHING), two, bits),
            st.builds(Block, st.sampled_from(around), st.tuples(inner), bits),
        )

    return st.recursive(st.builds(Block, st.sampled_from(single)), larger, max_leaves=leaves)


def drawn(block: Block) -> ProcessBuilder:
    """Return the block as a process of its own."""
    drawing = Drawing()
    drawing.model.start()
    drawing.add(block)
    drawing.model.end()
    return drawing.model


class Drawing:
    """Draws blocks behind one another; the model's cursor is where the next one begins."""

    def __init__(self) -> None:
        self.model = process()
        self.count = 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def add(self, block: Block) -> None:
        getattr(self, f"_{block.kind}")(block)

    def _sequence(self, block: Block) -> None:
        for part in block.parts:
            self.add(part)

    def _service(self, block: Block) -> None:
        self.model.service(self.name("service"))

    def _user(self, block: Block) -> None:
        self.model.user(self.name("user"))

    def _script(self, block: Block) -> None:
        name = self.name("script")
        self.model.script(name, "=1 + 1", name)

    def _timer(self, block: Block) -> None:
        self.model.catch(self.name("timer"), timer(duration="PT1H"))

    def _race(self, block: Block) -> None:
        gate, merge = self.name("race"), self.name("merge")
        self.model.event_based(gate).catch(self.name("told"), message("go", '="1"'))
        self.model.exclusive(merge)
        self.model.at(gate).catch(self.name("timer"), timer(duration="PT2H")).to(merge)

    def _caught(self, block: Block) -> None:
        name, merge = self.name("service"), self.name("merge")
        self.model.service(name).exclusive(merge)
        self.model.boundary(name, self.name("wrong"), error()).to(merge)

    def _fan_out(self, block: Block) -> None:
        name = self.name("fan_out")
        self.model.service(name).each("lines", output=name, output_element="=done")

    def _shout(self, block: Block) -> None:
        self.model.throw(self.name("shout"), escalation("news"))

    def _parallel(self, block: Block) -> None:
        fork, join = self.name("fork"), self.name("join")
        self.model.parallel(fork)
        self.add(block.parts[0])
        self.model.parallel(join).at(fork)
        self.add(block.parts[1])
        self.model.to(join)

    def _exclusive(self, block: Block) -> None:
        split, merge = self.name("split"), self.name("merge")
        self.model.exclusive(split).when(str(block.bits[0]).lower())
        self._branch(block.parts[0])
        self.model.exclusive(merge).at(split).otherwise()
        self._branch(block.parts[1])
        self.model.to(merge)

    def _inclusive(self, block: Block) -> None:
        split, join = self.name("split"), self.name("join")
        self.model.inclusive(split)
        for number, part in enumerate(block.parts):
            self.model.at(split).when(str(block.bits[number]).lower())
            self._branch(part)
            _ = self.model.inclusive(join) if number == 0 else self.model.to(join)
        self.model.at(split).otherwise()
        self._script(block)
        self.model.to(join)

    def _branch(self, part: Block) -> None:
        """Begin a branch with an element, so that the flow's condition is not lost."""
        self._script(part)
        self.add(part)

    def _subprocess(self, block: Block) -> str:
        name = self.name("sub")
        self.model.subprocess(name).start(self.name("start"))
        self.add(block.parts[0])
        self.model.end(self.name("end"))
        self.model.done()
        return name

    def _late(self, block: Block, interrupts: bool = True) -> None:
        name, merge = self._subprocess(block), self.name("merge")
        self.model.exclusive(merge)
        event = timer(duration="PT3H") if interrupts else escalation()
        self.model.boundary(name, self.name("late"), event, interrupts=interrupts)
        if interrupts:
            self.model.to(merge).at(merge)
        else:
            self.model.user(self.name("told")).end(self.name("end")).at(merge)

    def _reminded(self, block: Block) -> None:
        self._late(block, interrupts=False)

    def _each(self, block: Block, sequential: bool = False) -> None:
        self._subprocess(block)
        self.model.each("lines", sequential=sequential)

    def _one_by_one(self, block: Block) -> None:
        self._each(block, sequential=True)

    def _listening(self, block: Block) -> None:
        name = self.name("sub")
        self.model.subprocess(name).start(self.name("start"))
        self.add(block.parts[0])
        self.model.end(self.name("end"))
        self.model.event_subprocess(self.name("handler"))
        self.model.start(self.name("heard"), signal("news"), isInterrupting=block.bits[0])
        self.model.user(self.name("note")).end(self.name("end")).done().done()

    def _stopped(self, block: Block) -> None:
        """A subprocess of two branches, the first of which ends it."""
        name, fork = self.name("sub"), self.name("fork")
        self.model.subprocess(name).start(self.name("start")).parallel(fork)
        self.model.service(self.name("service")).end(self.name("stop"), terminate()).at(fork)
        self.add(block.parts[0])
        self.model.end(self.name("end")).done()
