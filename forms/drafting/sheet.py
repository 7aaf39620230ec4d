"""A sheet becomes the draft of a form: one field per column, proven by reading every cell with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.app import AppDocument
from engine.definitions.check import check_app
from engine.errors import EngineError
from engine.findings import Finding, Text, text, warning
from engine.runtime import Runtime
from forms.cells import Cell, empty
from forms.compiled import Field, Form
from forms.drafting.guess import NUMBER_TITLE, Guess, guesses
from forms.drafting.keys import key_of
from forms.field_type import Reading
from forms.imports.staged_cells import CellError
from forms.values import Problem

SAMPLES = 3
UNIQUE_FROM = 2
LONGEST_LABEL = 200


class NothingToDraft(EngineError):
    """No column of the sheet has a title."""

    code = "nothing_to_draft"
    zh = "工作表中没有带标题的列。"
    fix_zh = "第一行应为列标题。"
    fix_en = "The first row must hold the titles of the columns."


@dataclass(frozen=True, slots=True)
class Sheet:
    """The titles and cells of a sheet, rows in order."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def column(self, at: int) -> list[Cell]:
        """The cells below one title; cells of formulas that failed count as empty."""
        cells = (row[at] if at < len(row) else None for row in self.rows)
        return [None if isinstance(cell, CellError) else cell for cell in cells]


@dataclass(slots=True)
class DraftedColumn:
    """What became of one column."""

    header: str
    key: str
    guess: Guess
    samples: list[str]
    filled: int
    distinct: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "header": self.header,
            "key": self.key,
            "type": self.guess.type,
            "why": dict(self.guess.why),
            "filled": self.filled,
            "samples": self.samples,
        }


@dataclass(slots=True)
class DraftedForm:
    """The document, what became of each column, and remarks on those that were left out."""

    document: dict[str, Any]
    columns: list[DraftedColumn]
    rows: int
    remarks: list[Finding] = field(default_factory=list)

    @property
    def mapping(self) -> dict[str, str]:
        """Header -> field, as an import of the same file takes it."""
        return {column.header: column.key for column in self.columns}


def draft_form(
    runtime: Runtime, settings: AppDocument, sheet: Sheet, *, key: str, label: Text
) -> DraftedForm:
    """The draft of a form for the rows of a sheet. Raises NothingToDraft."""
    remarks: list[Finding] = []
    columns = list(_columns(runtime, settings, sheet, remarks))
    if not columns:
        raise NothingToDraft()
    title = _title(columns)
    fields = [_field(column, rows=len(sheet.rows), title=title) for column in columns]
    document = {"key": key, "label": dict(label), "title": title, "fields": fields}
    return DraftedForm(document, columns, len(sheet.rows), remarks)


def _columns(
    runtime: Runtime, settings: AppDocument, sheet: Sheet, remarks: list[Finding]
) -> Iterator[DraftedColumn]:
    taken: set[str] = set()
    seen: set[str] = set()
    for at, header in enumerate(sheet.header):
        if not header or header in seen:
            remarks.append(_left_out(at, header))
            continue
        seen.add(header)
        key = key_of(header, taken)
        taken.add(key)
        cells = sheet.column(at)
        there = [cell for cell in cells if not empty(cell)]
        guess = _proven(runtime, settings, header, cells)
        written = [str(cell) for cell in there]
        alike = {each.strip().casefold() for each in written}
        yield DraftedColumn(
            header,
            key,
            guess,
            [each[:80] for each in written[:SAMPLES]],
            len(there),
            len(alike) == len(written),
        )


def _left_out(at: int, header: str) -> Finding:
    if not header:
        message = text(f"第 {at + 1} 列没有标题，已略过。", f"Column {at + 1} has no title and is left out.")
        return warning(
            "no_title", f"/header/{at}", message, text("如需此列，请补上标题。", "Give it a title.")
        )
    message = text(
        f"标题“{header[:60]}”重复，只取第一列。", f"'{header[:60]}' stands twice; the first one is taken."
    )
    return warning("double_column", f"/header/{at}", message, text("请改名。", "Give it another title."))


def _proven(runtime: Runtime, settings: AppDocument, title: str, cells: Sequence[Cell]) -> Guess:
    """The first guess with which every cell of the column can be read."""
    last = Guess("textarea", text("文本。", "Text."))
    for last in guesses(title, cells):
        made = _compiled(runtime, settings, last)
        if made is not None and all(_reads(made[0], cell, made[1]) for cell in cells):
            return last
    return last


def _compiled(runtime: Runtime, settings: AppDocument, guess: Guess) -> tuple[Field, Reading] | None:
    """A field of this guess in a form of its own."""
    label = {"zh": "x", "en": "x"}
    fields = [{"key": "x", "type": guess.type, "label": label, **guess.options}]
    source = {
        "app": {settings.key: settings.model_dump(mode="json", exclude={"calendar"}, exclude_none=True)},
        "form": {"x": {"key": "x", "label": label, "fields": fields}},
    }
    checked = check_app(source, runtime.registries)
    form: Form | None = checked.app.kind("form").get("x") if checked.app is not None else None
    return (form.fields["x"], form.reading) if form is not None and form.reading is not None else None


def _reads(made: Field, cell: Cell, reading: Reading) -> bool:
    if empty(cell):
        return True
    try:
        value = made.kind.read_cell(cell, reading)
        if value is not None:
            made.kind.parse(value, reading)
    except Problem:
        return False
    return True


def _title(columns: Sequence[DraftedColumn]) -> str:
    """The column that names a record: a text that is always there, rather one that is never twice."""
    texts = [column for column in columns if column.guess.type in ("text", "textarea")]
    best = sorted(texts, key=lambda column: (-column.filled, not column.distinct))
    return (best or columns)[0].key


def _field(column: DraftedColumn, *, rows: int, title: str) -> dict[str, Any]:
    label = column.header.replace("\n", " ")[:LONGEST_LABEL]
    made: dict[str, Any] = {
        "key": column.key,
        "type": column.guess.type,
        "label": {"zh": label, "en": label},
        **column.guess.options,
    }
    full = rows > 0 and column.filled == rows
    if column.key == title and full:
        made["required"] = True
    named = column.guess.type == "text" and NUMBER_TITLE.search(column.header)
    if named and full and column.distinct and rows >= UNIQUE_FROM:
        made["unique"] = True
    return made
