"""Rows of the file -> candidates: the records they mean, as JSON, with what is wrong cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.findings import NO_FIX, Finding, Text
from forms.compiled import Form
from forms.field_type import Reading
from forms.field_types.ref import read_reference
from forms.imports.mapping import Column, Mapping
from forms.imports.staged_cells import CUT_OFF, NOT_CALCULATED, CellError
from forms.values import Problem

KEPT = 50_000
"""So many different cells of one column are read once and remembered."""

Row = tuple[int, list[Any]]
"""Number of the row in the file, from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row: at which column, None for the row as a whole. The finding points into the
    record that the row means, as REST would: `/lines/0/qty`.
    """

    row: int
    column: str | None
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, **self.finding.as_json()}


@dataclass(slots=True)
class Candidate:
    """One record of the file. `data` is a body as REST takes it; `children` the numbers of the file's rows
    that each row of a child table comes from; `record` the stored record it means, with what it is by now. `lost`:
    it means a stored record, and none is found.
    """

    rows: list[Row]
    data: dict[str, Any] = field(default_factory=dict)
    children: dict[str, list[int]] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    identity: str | None = None
    record: str | None = None
    lost: bool = False

    @property
    def row(self) -> int:
        """Where it begins in the file."""
        return self.rows[0][0]


class CellReader:
    """Reads the cells of one column to JSON values; a value seen before is not read again."""

    def __init__(self, column: Column, reading: Reading) -> None:
        self.column = column
        self._reading = reading
        self._known: dict[tuple[type, Any], Any] = {}
        self._system = column.field.system

    def read(self, cell: Any) -> Any:
        """The JSON value, proven to fit its field as far as one cell can tell. Raises Problem."""
        key = (cell.__class__, cell)
        known = self._known.get(key, self)
        if known is not self:
            return known
        value = self.read_anew(cell)
        found = self.column.field
        if value is not None and not (self._system or found.refers or found.several):
            found.kind.parse(value, self._reading)  # raises when no value of the field can be meant
        if len(self._known) < KEPT:
            self._known[key] = value
        return value

    def read_anew(self, cell: Any) -> Any:
        """The JSON value that a cell means, which may not fit its field. Raises Problem."""
        if isinstance(cell, CellError):
            raise _no_value(cell)
        found = self.column.field
        if self._system:
            return read_reference(str(cell).strip())
        try:
            return found.kind.read_cell(cell, self._reading)
        except Problem as problem:
            raise _with_cell(problem, cell) from None


class RowReader:
    """Turns rows into candidates. Rows that stand together and mean one record become one candidate."""

    def __init__(self, form: Form, mapping: Mapping) -> None:
        if form.reading is None:
            raise LookupError(f"form '{form.key}' is not compiled")
        self._mapping = mapping
        readers = [(each, CellReader(each, form.reading)) for each in mapping.columns]
        self._own = [(each.at, each.field.key, reader) for each, reader in readers if each.child is None]
        self._children = {
            child: [(each.at, each.field.key, reader) for each, reader in readers if each.child == child]
            for child in form.children
            if any(each.child == child for each, _ in readers)
        }

    def groups(self, rows: Iterable[Row]) -> Iterator[list[Row]]:
        """The rows of each record. A record goes on while its group cells are empty or equal; without group
        columns while all cells of the record itself are empty.
        """
        if not self._children:
            yield from ([row] for row in rows)
            return
        waiting: list[Row] = []
        for row in rows:
            if waiting and not self._goes_on(waiting[0], row):
                yield waiting
                waiting = []
            waiting.append(row)
        if waiting:
            yield waiting

    def _goes_on(self, first: Row, row: Row) -> bool:
        if self._mapping.group:
            return all(
                blank(value := _cell(row, at)) or value == _cell(first, at) for at in self._mapping.group
            )
        identity = () if self._mapping.identity is None else (self._mapping.identity,)
        return all(blank(_cell(row, at)) for at in (*identity, *(at for at, _, _ in self._own)))

    def candidate(self, rows: list[Row]) -> Candidate:
        """The record that some rows mean."""
        made = Candidate(rows)
        first = rows[0]
        for row in rows:
            made.errors += too_long(row, self._mapping.width)
        if self._mapping.identity is not None and not blank(cell := _cell(first, self._mapping.identity)):
            made.identity = str(cell).strip()
        self._fields(first, self._own, made.data, made.errors)
        for row in rows[1:]:
            made.errors += self._differences(first, row)
        for child, readers in self._children.items():
            bodies: list[dict[str, Any]] = []
            numbers: list[int] = []
            for row in rows:
                if all(blank(_cell(row, at)) for at, _, _ in readers):
                    continue
                body: dict[str, Any] = {}
                self._fields(row, readers, body, made.errors, inside=f"/{child}/{len(bodies)}")
                bodies.append(body)
                numbers.append(row[0])
            made.data[child] = bodies
            made.children[child] = numbers
        return made

    def _fields(
        self,
        row: Row,
        readers: Sequence[tuple[int, str, CellReader]],
        body: dict[str, Any],
        errors: list[RowError],
        *,
        inside: str = "",
    ) -> None:
        number, cells = row
        width = len(cells)
        for at, key, reader in readers:
            cell = cells[at] if at < width else None
            if cell is None:
                body[key] = None
                continue
            try:
                body[key] = reader.read(cell)
            except Problem as problem:
                place = f"{inside}/{key}{problem.pointer}"
                found = Finding("error", problem.code, place, problem.message, problem.fix)
                errors.append(RowError(number, reader.column.header, found))

    def _differences(self, first: Row, row: Row) -> Iterator[RowError]:
        """Cells of a further row that say something else about the record than its first one."""
        for at, _, reader in self._own:
            value = _cell(row, at)
            if not blank(value) and value != _cell(first, at):
                header = reader.column.header
                message = Text(
                    zh=f"与同一记录的第 {first[0]} 行不同。",
                    en=f"Row {first[0]} of the same record says something else.",
                )
                finding = Finding("error", "differs_in_group", f"/{reader.column.name}", message, NO_FIX)
                yield RowError(row[0], header, finding)


def too_long(row: Row, width: int | None) -> list[RowError]:
    """The error of a row with something in more cells than `width`: nothing tells what the last ones are, and
    a separator in a text may have moved all of them.
    """
    number, cells = row
    if width is None or len(cells) <= width or all(blank(each) for each in cells[width:]):
        return []
    rest = [str(each) for each in cells[width:] if not blank(each)]
    finding = Finding(
        "error",
        "too_many_cells",
        "",
        Text(
            zh=f"该行比表头多出：{'、'.join(rest)[:80]}。",
            en=f"The row has more cells than the header: {', '.join(rest)[:80]}.",
        ),
        Text(
            zh="含有分隔符的文字请加双引号；多余的格请删除。",
            en="Put texts that hold the separator into double quotes, or delete the cells past the last column.",
        ),
    )
    return [RowError(number, None, finding)]


def _with_cell(problem: Problem, cell: Any) -> Problem:
    """Say what a cell of the wrong kind holds: people see its format, such as a day for a number."""
    shown = _shown(cell) if problem.code == "wrong_type" and not problem.pointer else None
    if shown is None:
        return problem
    told, fix = problem.message, problem.fix
    zh, en = f"单元格中是{shown[0]}。{told['zh']}", f"The cell holds {shown[1]}. {told['en']}"
    return Problem(problem.code, zh, en, fix["zh"], fix["en"])


def _shown(cell: Any) -> tuple[str, str] | None:
    """What a cell holds that is no text."""
    if isinstance(cell, bool):
        word = "TRUE" if cell else "FALSE"
        return f"逻辑值 {word}", f"the truth value {word}"
    if isinstance(cell, (int, float, Decimal)):
        number = f"{cell:.15g}" if isinstance(cell, float) else str(cell)
        return f"数字 {number}", f"the number {number}"
    if isinstance(cell, datetime):
        return f"日期时间 {cell:%Y-%m-%d %H:%M:%S}", f"the moment {cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return f"日期 {cell.isoformat()}", f"the day {cell.isoformat()}"
    if isinstance(cell, time):
        return f"时间 {cell.isoformat()}", f"the time {cell.isoformat()}"
    if isinstance(cell, timedelta):
        return f"时长 {cell}", f"the length of time {cell}"
    return None


def _no_value(cell: CellError) -> Problem:
    if cell == NOT_CALCULATED:
        return Problem(
            "formula_not_calculated",
            "单元格中的公式尚未计算，没有值。",
            "The formula of this cell was never calculated, so it has no value.",
            "请用 Excel 或 WPS 打开文件并保存，再导入。",
            "Open the file in a spreadsheet program, save it and import it again.",
        )
    if cell == CUT_OFF:
        return Problem(
            "cell_cut_off",
            "文字比单元格所能容纳的长，文件中只有前一部分。",
            "The text was too long for a cell; the file holds the first part only.",
            "请删除该列，或改用 CSV。",
            "Delete the column, or use CSV.",
        )
    return Problem(
        "cell_error",
        f"单元格中的公式出错：{cell.text[:20]}。",
        f"The formula of this cell has failed: {cell.text[:20]}.",
        "请改为数值后重新导入。",
        "Replace it with a value.",
    )


def blank(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _cell(row: Row, at: int) -> Any:
    cells = row[1]
    return cells[at] if at < len(cells) else None
