"""Fields whose value has several parts, each a column of its own: a period has a start and an end.

In JSON the value is an object of the parts, in memory a tuple, in expressions and filters each part has its
name: `period.start`. Parts that are left out are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, empty, read_text_cell
from forms.codec import Codec
from forms.field_type import FieldType, Reading, spellings
from forms.operators import NONE
from forms.values import Problem, wrong_type


class Composed(FieldType):
    """A field of parts. `between` separates them in a cell; no part may hold it."""

    operators = NONE
    between: ClassVar[str] = "~"

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.parts = self._parts(context)

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        """The parts by name, in the order of their columns."""
        raise NotImplementedError

    def _judge(self, values: tuple[Any, ...]) -> None:
        """Raises Problem when the parts do not go together."""

    def check(self, pointer: str, context: Context) -> None:
        for part in self.parts.values():
            part.check(pointer, context)

    def value_type(self) -> Type:
        return t.NULL

    def codec(self) -> Codec:
        return Codec("parts", parts=tuple((name, part.codec()) for name, part in self.parts.items()))

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, dict):
            names = "、".join(self.parts)
            example = "{" + ", ".join(f'"{name}": …' for name in self.parts) + "}"
            raise wrong_type(f"对象，含 {names}", f"An object with {', '.join(self.parts)}", example)
        for name in raw:
            if name not in self.parts:
                raise _unknown(name, self.parts)
        values = tuple(self._part(name, raw.get(name), reading) for name in self.parts)
        if all(value is None for value in values):
            return None
        self._judge(values)
        return values

    def _part(self, name: str, raw: Any, reading: Reading) -> Any:
        if raw is None:
            return None
        try:
            return self.parts[name].parse(raw, reading)
        except Problem as problem:
            problem.pointer = f"/{name}{problem.pointer}"
            raise

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                name: {
                    "anyOf": [*spellings(part), {"type": "null"}],
                    "x-label": part.options.label.model_dump(),
                    "x-operators": list(part.operators),
                }
                for name, part in self.parts.items()
            },
            "additionalProperties": False,
        }

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """The parts in one cell, in order: 2026-03-01 ~ 2026-03-31."""
        if empty(cell):
            return None
        pieces = read_text_cell(cell).replace("～", "~").replace("至", "~").split(self.between)
        if len(pieces) != len(self.parts):
            shape = f" {self.between} ".join(self.parts)
            raise Problem(
                "bad_parts",
                f"应有 {len(self.parts)} 部分，以“{self.between}”分隔。",
                f"{len(self.parts)} parts are expected with '{self.between}' between them.",
                f"请写成 {shape}。",
                f"Write it as {shape}.",
            )
        return {
            name: part.read_cell(piece.strip(), reading)
            for (name, part), piece in zip(self.parts.items(), pieces, strict=True)
        }

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        if value is None:
            return None
        cells = (part.write_cell(value.get(name), reading) for name, part in self.parts.items())
        return f" {self.between} ".join(
            "" if cell is None else read_text_cell(cell) for cell in cells
        ).strip()


def incomplete(
    parts: Mapping[str, FieldType], values: tuple[Any, ...], code: str, fix_zh: str, fix_en: str
) -> Problem:
    """The first part without a value is missing."""
    name, part = tuple(parts.items())[values.index(None)]
    label = part.options.label
    problem = Problem(code, f"缺少“{label.zh}”。", f"'{label.en}' is missing.", fix_zh, fix_en)
    problem.pointer = f"/{name}"
    return problem


def _unknown(name: str, parts: Mapping[str, FieldType]) -> Problem:
    problem = Problem(
        "unknown_part",
        f"没有“{name[:40]}”这一部分。",
        f"There is no part '{name[:40]}'.",
        f"可用：{'、'.join(parts)}。",
        f"Use {', '.join(parts)}.",
    )
    problem.pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return problem


def part(kind: type[FieldType], name: str, zh: str, en: str, context: Context, **options: Any) -> FieldType:
    """A part of a field: `kind` with its own options and label."""
    document = {"key": name, "type": kind.type, "label": {"zh": zh, "en": en}, **options}
    return kind(kind.Options.model_validate(document), context)
