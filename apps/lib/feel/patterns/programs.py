"""From what was read to a list of instructions, each followed by the next unless it says else."""

from dataclasses import dataclass, field

from .characters import Characters
from .errors import PatternError
from .reading import Again, Anchor, Chain, Choice, Group, Node, One, Repeat

LONGEST_PROGRAM = 10_000

# What an instruction does. Take a character; go two ways (`first` before `second`); go on at
# `first`; remember the place as number `first`; be at an anchor; take group `first` again; done.
CHARACTER, FORK, JUMP, MARK, ANCHOR, AGAIN, DONE = range(7)


@dataclass(slots=True)
class Instruction:
    """`first` and `second` are places in the program, or numbers, as the kind has it."""

    kind: int
    characters: Characters | None = None
    first: int = 0
    second: int = 0
    sign: str = ""


@dataclass(slots=True)
class Program:
    instructions: list[Instruction] = field(default_factory=list)
    has_again: bool = False

    def add(self, kind: int, characters: Characters | None = None, sign: str = "") -> Instruction:
        if len(self.instructions) >= LONGEST_PROGRAM:
            raise PatternError("the pattern is too large; repeat less in it")
        instruction = Instruction(kind, characters, sign=sign)
        self.instructions.append(instruction)
        return instruction

    @property
    def end(self) -> int:
        return len(self.instructions)


def program_of(node: Node) -> Program:
    """Return the instructions that match the node; raises PatternError when they are too many."""
    program = Program()
    _write(program, node)
    program.add(DONE)
    return program


def _write(program: Program, node: Node) -> None:
    if isinstance(node, One):
        program.add(CHARACTER, node.characters)
    elif isinstance(node, Chain):
        for each in node.nodes:
            _write(program, each)
    elif isinstance(node, Choice):
        _write_choice(program, node)
    elif isinstance(node, Repeat):
        _write_repeat(program, node)
    else:
        _write_marked(program, node)


def _write_marked(program: Program, node: Group | Anchor | Again) -> None:
    if isinstance(node, Group):
        program.add(MARK).first = node.number * 2
        _write(program, node.node)
        program.add(MARK).first = node.number * 2 + 1
    elif isinstance(node, Anchor):
        program.add(ANCHOR, sign=node.sign)
    else:
        program.has_again = True
        program.add(AGAIN).first = node.number


def _write_choice(program: Program, choice: Choice) -> None:
    ends = []
    for each in choice.nodes[:-1]:
        fork = program.add(FORK)
        fork.first = program.end
        _write(program, each)
        ends.append(program.add(JUMP))
        fork.second = program.end
    _write(program, choice.nodes[-1])
    for jump in ends:
        jump.first = program.end


def _write_repeat(program: Program, repeat: Repeat) -> None:
    for _ in range(repeat.fewest):
        _write(program, repeat.node)
    if repeat.most is None:
        # a fork at the end, too, is faster than a jump back to the first
        ways = [program.add(FORK)]
        inside = program.end
        _write(program, repeat.node)
        ways.append(program.add(FORK))
        for fork in ways:
            _aim(fork, inside, program.end, greedy=repeat.greedy)
        return
    forks = []
    for _ in range(repeat.most - repeat.fewest):
        forks.append((program.add(FORK), program.end))
        _write(program, repeat.node)
    for fork, inside in forks:
        _aim(fork, inside, program.end, greedy=repeat.greedy)


def _aim(fork: Instruction, inside: int, past: int, *, greedy: bool) -> None:
    fork.first, fork.second = (inside, past) if greedy else (past, inside)
