"""A record that nobody stores, read from JSON: by its form where it has one, by types otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.expressions import Env, Shape, Type
from engine.expressions.calendar import from_local
from engine.expressions.reading import value_of
from engine.expressions.types import TEXT
from engine.findings import Finding, Text, error, text
from forms.compiled import Field, Form, Referring, RowKind
from forms.field_type import Reading
from forms.live import live_record
from forms.values import Problem

Roll = Callable[[str, Field | Referring], Any]


class RecordReader:
    """Reads records; formulas that are not given are computed. `roll` finds what refers to a stored one."""

    def __init__(self, forms: Mapping[str, Form], env: Env, roll: Roll | None = None) -> None:
        self._forms = forms
        self._roll = roll or _no_rollup
        self._env = env
        self._reading = Reading(zone=env.tz)
        self._findings: list[Finding] = []

    def prove(self) -> None:
        """Raises Invalid with everything that could not be read."""
        if self._findings:
            raise Invalid(self._findings)

    def record(
        self, raw: Mapping[str, Any], shape: Shape, pointer: str, *, kept: AbstractSet[str]
    ) -> Mapping[str, Any]:
        """A whole record in memory form. `kept` names what comes from the store: it was written for another
        version of the form, and what cannot be read as this one has it is blank.
        """
        form = self._forms.get(shape.key)
        made = self._row(raw, shape, pointer, form, self._env, kept)
        given: dict[str | None, list[Any]] = {None: [raw]}
        for name in shape.names():
            child = shape.child(name)
            if child is None:
                continue
            kind = form.children.get(name) if form is not None else None
            env = replace(self._env, parent=made)
            rows = given[name] = self._rows(raw.get(name), f"{pointer}/{name}")
            made[name] = [
                self._row(
                    row, child, f"{pointer}/{name}/{index}", kind, env, set(row) if name in kept else set()
                )
                for index, row in enumerate(rows)
            ]
        if form is not None:
            _compute(form, made, given)
        return made

    def _rows(self, raw: Any, pointer: str) -> list[Any]:
        if raw is None or isinstance(raw, list):
            return raw or []
        self._findings.append(not_a_value(pointer, text("列表", "list")))
        return []

    def _row(
        self, raw: Any, shape: Shape, pointer: str, kind: RowKind | None, env: Env, kept: AbstractSet[str]
    ) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            self._findings.append(not_a_value(pointer, text("对象", "object")))
            raw = {}
        names = set(shape.names())
        values = {name for name in names if shape.child(name) is None}
        self._findings += [
            unknown_name(f"{pointer}/{name}", name) for name in raw if name not in names | kept
        ]
        made = dict.fromkeys(values) if kind is None else live_record({}, kind, env, self._roll)
        for name in values & raw.keys():
            field = kind.fields.get(name) if kind is not None else None
            try:
                made[name] = self._value(raw[name], shape.type_of(name), field, stored=name in kept)
            except Problem as wrong:
                where = f"{pointer}/{name}{wrong.pointer}"
                self._findings.append(Finding("error", wrong.code, where, wrong.message, wrong.fix))
            except (ValueError, OverflowError):
                label = (shape.type_of(name) or TEXT).label
                self._findings.append(not_a_value(f"{pointer}/{name}", label))
        return made

    def _value(self, raw: Any, kind: Type | None, field: Field | None, *, stored: bool) -> Any:
        """As its field reads it; what the engine sets by itself is read by its type. Raises Problem, ValueError."""
        if raw is None:
            return None
        try:
            if field is not None and not field.derived and not field.system:
                return field.kind.parse(raw, self._reading)
            return None if kind is None else read_value(raw, kind, self._env.tz)
        except (Problem, ValueError, OverflowError):
            if not stored:
                raise
        return _by_type(raw, kind, self._env.tz)


def _by_type(raw: Any, kind: Type | None, zone: ZoneInfo) -> Any:
    """A stored value that its field would refuse today, such as one beyond a new bound."""
    try:
        return None if kind is None else read_value(raw, kind, zone)
    except (ValueError, OverflowError):
        return None


def read_value(raw: Any, kind: Type, zone: ZoneInfo) -> Any:
    """A value by its type alone; a moment without offset is local. Raises ValueError, OverflowError."""
    value = value_of(raw, kind)
    return from_local(value, zone) if isinstance(value, datetime) and value.tzinfo is None else value


def _compute(form: Form, record: dict[str, Any], given: Mapping[str | None, list[Any]]) -> None:
    """The formulas that are not given, in the order in which a save computes them."""
    for child, key in form.order:
        records = [record] if child is None else record[child]
        field = form.fields[key] if child is None else form.children[child].fields[key]
        for made, raw in zip(records, given[child], strict=True):
            if field.expression is not None and isinstance(raw, Mapping) and key not in raw:
                made[key] = field.expression.evaluate(made, made.env)


def _no_rollup(record: str, asked: Field | Referring) -> None:  # noqa: ARG001 - the shape of LiveRecord.roll
    """Records that nobody stored have no others that refer to them."""
    return


def unknown_name(pointer: str, name: str) -> Finding:
    """A value is given for something that is not there."""
    return error(
        "unknown_field",
        pointer,
        text(f"没有“{name[:80]}”。", f"There is no '{name[:80]}' here."),
        text("请使用此处已定义的名称。", "Use a name that is defined here."),
    )


def not_a_value(pointer: str, wanted: Text) -> Finding:
    """A value is not of the type that is wanted."""
    return error(
        "invalid_value",
        pointer,
        text(f"此值不是{wanted['zh']}。", f"This is not a value of type {wanted['en']}."),
        text("请改用该类型的值。", "Give a value of that type."),
    )
