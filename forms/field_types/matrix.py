"""`matrix`: a grid of questions with the same answers: one choice, or several, for each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.definitions.context import Context
from engine.findings import Text
from engine.protocols import Document
from forms.cells import Cell, empty, join_cell, plain, read_text_cell
from forms.composed import Composed, part
from forms.field_type import FieldType, Reading
from forms.field_types.multiselect import Multiselect
from forms.field_types.select import Select
from forms.schema import FieldDocument, Option
from forms.values import Problem


class MatrixRow(Document):
    """One question."""

    key: Key
    label: Label


class MatrixOptions(FieldDocument):
    """`rows` are the questions, `columns` the answers; with `multiple` a row takes several of them, with
    `complete` no row is left out once one is answered.
    """

    rows: list[MatrixRow] = Field(min_length=1, max_length=50)
    columns: list[Option] = Field(min_length=1, max_length=50)
    multiple: bool = False
    complete: bool = False


class Matrix(Composed):
    """Each row is a part of its own: `quality.taste = "good"`."""

    type = "matrix"
    Options = MatrixOptions

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        kind = Multiselect if self.options.multiple else Select
        answers = [option.model_dump() for option in self.options.columns]
        return {
            row.key: part(kind, row.key, row.label.zh, row.label.en, context, options=answers)
            for row in self.options.rows
        }

    def check(self, pointer: str, context: Context) -> None:
        first = next(iter(self.parts.values()))
        first.check(pointer, context)  # the answers are the same in every row
        keys = [row.key for row in self.options.rows]
        for index, key in enumerate(keys):
            if "__" in key or key in keys[:index]:
                context.error(
                    "bad_key",
                    f"{pointer}/rows/{index}/key",
                    Text(
                        zh=f"行键“{key}”重复，或含有连续两个下划线。",
                        en=f"The row key '{key}' appears twice or has two underscores in a row.",
                    ),
                    Text(zh="请换一个键。", en="Choose another key."),
                )

    def _judge(self, values: tuple[Any, ...]) -> None:
        if self.options.complete and None in values:
            row = self.options.rows[values.index(None)]
            problem = Problem(
                "matrix_incomplete",
                f"“{row.label.zh}”尚未填写。",
                f"'{row.label.en}' has no answer.",
                "请填写每一行。",
                "Answer every row.",
            )
            problem.pointer = f"/{row.key}"
            raise problem

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """A line for each row: 口味：好. Rows and answers by label or key."""
        if empty(cell):
            return None
        found: dict[str, Any] = {}
        for line in read_text_cell(cell).splitlines():
            if not line.strip():
                continue
            name, _, said = line.replace("：", ":").partition(":")
            key = self._row(name.strip())
            found[key] = self.parts[key].read_cell(said.strip(), reading)
        return {name: found.get(name) for name in self.parts}

    def _row(self, name: str) -> str:
        wanted = plain(name).casefold()
        for row in self.options.rows:
            if row.key == name or wanted in (plain(row.label.zh).casefold(), plain(row.label.en).casefold()):
                key: str = row.key
                return key
        raise Problem(
            "unknown_part",
            f"没有“{name[:40]}”这一行。",
            f"There is no row '{name[:40]}'.",
            f"可用：{'、'.join(row.label.zh for row in self.options.rows[:20])}。",
            f"Rows: {', '.join(row.label.en for row in self.options.rows[:20])}.",
        )

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        if value is None:
            return None
        lines = []
        for row in self.options.rows:
            said = self.parts[row.key].write_cell(value.get(row.key), reading)
            label = plain(getattr(row.label, reading.language))
            own = ":" not in label and "\n" not in label and self._row(label) == row.key
            if said is not None:
                if len(str(said).splitlines()) > 1:  # a label of several lines: lines separate rows here
                    answer = value[row.key]
                    said = join_cell(answer) if isinstance(answer, list) else answer
                lines.append(f"{label if own else row.key}：{said}")
        return "\n".join(lines)
