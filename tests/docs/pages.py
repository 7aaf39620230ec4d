"""Markdown pages of `docs/`: their fenced blocks, in order, with the section they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

SECTION = re.compile(r"^## (\d+)\. ")
FENCE = re.compile(r"^```(\w+)$")
REPEAT = re.compile(r"^<!-- repeat: ([\d ]+) -->$")
NAME = re.compile(r"^`(?P<name>[^`]+)`$")


@dataclass(frozen=True)
class Block:
    """One fenced block. `name` is the file name alone on the line above it, if any."""

    page: str
    line: int
    language: str
    text: str
    section: str = ""
    name: str = ""

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"


@dataclass(frozen=True)
class Repeat:
    """`<!-- repeat: 4 5 -->`: the blocks of these sections once more."""

    sections: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A command with what it answers, or None where the page does not say."""

    command: Block
    expected: Block | None


def events(page: str) -> Iterator[Block | Repeat]:
    """Blocks and repetitions of a page, in order."""
    section = name = ""
    opened: tuple[int, str] | None = None
    kept: list[str] = []
    for number, line in enumerate((DOCS / page).read_text("utf-8").splitlines(), 1):
        if opened is not None:
            if line != "```":
                kept.append(line)
                continue
            yield Block(page, opened[0], opened[1], "\n".join(kept) + "\n", section, name)
            opened, kept, name = None, [], ""
        elif found := FENCE.match(line):
            opened = (number, found[1])
        elif found := REPEAT.match(line):
            yield Repeat(tuple(found[1].split()))
        elif found := SECTION.match(line):
            section = found[1]
        elif line:
            named = NAME.match(line)
            name = named["name"] if named else ""
    assert opened is None, f"docs/{page}: a block is not closed"


def blocks(page: str, language: str) -> list[Block]:
    """All blocks of one language."""
    return [each for each in events(page) if isinstance(each, Block) and each.language == language]


def steps(page: str) -> list[Step]:
    """Every `bash` block with the answer below it; repeated sections come again where the page says so."""
    found: list[Step] = []
    waiting: Block | None = None
    for event in events(page):
        if isinstance(event, Block) and event.language in {"json", "text"} and waiting is not None:
            found.append(Step(waiting, event))
            waiting = None
            continue
        if waiting is not None:
            found.append(Step(waiting, None))
            waiting = None
        if isinstance(event, Repeat):
            found += [step for step in list(found) if step.command.section in event.sections]
        elif event.language == "bash":
            waiting = event
    return found if waiting is None else [*found, Step(waiting, None)]


def table(page: str, *columns: str) -> list[dict[str, str]]:
    """The rows of all tables of a page that have these columns, cells by column."""
    rows: list[dict[str, str]] = []
    head: list[str] | None = None
    for line in (DOCS / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if head is None:
            head = cells
        elif set(columns) <= set(head) and not set(line) <= set("|-: "):
            rows.append(dict(zip(head, cells, strict=True)))
    return rows


def code(cell: str) -> str:
    """The text of a table cell that is one piece of code."""
    found = re.fullmatch(r"(`+)\s?(.*?)\s?\1", cell)
    assert found, f"not code: {cell}"
    return found[2]


def fits(expected: Block, output: str) -> bool:
    """Whether `output` is what the page shows; `…` stands for anything. White space in JSON does not count."""
    blanks = "" if expected.language == "json" else " "
    parts = [re.escape(_spaced(part, blanks)) for part in expected.text.split("…")]
    return re.fullmatch(".*".join(parts), _spaced(output, blanks), re.DOTALL) is not None


def _spaced(text: str, blanks: str) -> str:
    return re.sub(r"\s+", blanks, text.strip())
