"""An expression checked in its place before it is saved there: all that an editor shows beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import Field

from engine.definitions.find_place import Found
from engine.definitions.places import Place, as_written
from engine.expressions import CheckedExpression, ExpressionError, Type, parse
from engine.expressions.canonical import type_json
from engine.expressions.errors import NOWHERE
from engine.expressions.spelling import text_of
from engine.expressions.tree import Source
from engine.expressions.types import DURATION, MAX_SCALE, cap, money, number
from engine.findings import NO_FIX, error
from engine.protocols import Document

HERE = "/expression"
"""The pointer of findings about an expression that no document holds yet."""


class WantedType(Document):
    """The type an expression shall have where its place leaves that open."""

    kind: Literal[
        "bool", "number", "money", "text", "date", "datetime", "duration", "choice", "choices", "ref"
    ]
    scale: int | None = Field(default=None, ge=0, le=MAX_SCALE)
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    options: tuple[str, ...] | None = None
    form: str | None = None

    @property
    def type(self) -> Type:
        """As the checker knows it."""
        if self.kind == "number":
            scale = MAX_SCALE if self.scale is None else self.scale
            return number(cap(scale), scale)
        if self.kind == "money":
            return money(self.currency, 2 if self.scale is None else self.scale)
        if self.kind == "duration":
            return DURATION
        return Type(self.kind, options=self.options, form=self.form)


@dataclass(frozen=True, slots=True)
class Checked:
    """The expression when it is right, and what is wrong otherwise."""

    expression: CheckedExpression | None
    text: str | None
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.expression is not None

    @property
    def type(self) -> dict[str, Any] | None:
        """The type as JSON with what people call it."""
        if self.expression is None:
            return None
        kind = self.expression.type
        return {**type_json(kind), "label": dict(kind.label)}

    def as_json(self) -> dict[str, Any]:
        """The answer of `expressions:check`."""
        made = self.expression
        if made is None:
            return {"ok": False, "text": self.text, "findings": self.findings}
        canonical = made.canonical()
        return {
            "ok": True,
            "type": self.type,
            "dependencies": canonical["dependencies"],
            "variables": canonical["variables"],
            "text": self.text,
            "json": made.to_json_condition() if made.type.kind == "bool" else None,
            "canonical": canonical,
            "pushable": made.pushable,
            "not_pushable": list(made.not_pushable),
            "volatile": made.volatile,
            "findings": [],
        }


def check_in_place(source: Source, found: Found, expect: WantedType | None = None) -> Checked:
    """Check `source` as a publish of the draft would; `expect` rules where it is given."""
    place = found.place
    if expect is not None:
        place = replace(place, expect=expect.type)
    spelling = source if isinstance(source, str) else None
    try:
        made = place.check(source)
    except ExpressionError as wrong:
        spelling, wrong = _spelled(source, place, wrong)
        return Checked(None, spelling, [_finding(wrong, found.pointer or HERE)])
    return Checked(made, spelling if spelling is not None else made.text())


def _spelled(source: Source, place: Place, wrong: ExpressionError) -> tuple[str | None, ExpressionError]:
    """Conditions in JSON have no places in a text: say what is wrong with them as text, which has."""
    if isinstance(source, str):
        return source, wrong
    try:
        spelling = text_of(parse(source))
    except ExpressionError:
        return None, wrong
    if place.read is not as_written or wrong.span != NOWHERE:
        return spelling, wrong
    try:
        place.check(spelling)
    except ExpressionError as placed:
        return spelling, placed if placed.code == wrong.code else wrong
    return spelling, wrong


def _finding(wrong: ExpressionError, pointer: str) -> dict[str, Any]:
    made = error(wrong.code, pointer, wrong.message, wrong.suggestion or NO_FIX).as_json()
    made["span"] = list(wrong.span)
    if wrong.edit is not None and wrong.edit.span != NOWHERE:
        made["edit"] = {"span": list(wrong.edit.span), "text": wrong.edit.text}
    return made
