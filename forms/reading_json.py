"""Reads what people send: JSON of a record -> values in memory form, with a finding for every problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import MOST_TOLD, Invalid
from engine.findings import NO_FIX, Finding, Text
from engine.ids import new_id
from engine.permissions.compiled import UNLIMITED, CompiledGrant, GrantSet
from engine.protocols import Record
from forms.access import ForbiddenField
from forms.checks import FILL_IN, REQUIRED, wrong_count
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.field_type import Reading
from forms.field_types.ref import read_reference
from forms.masking import refuse_masked
from forms.plans import KEPT
from forms.repeated import contradicts
from forms.schema import SYSTEM_FIELDS
from forms.unknown_fields import WRITABLE_SYSTEM, meant_by, unknown_field
from forms.values import Problem

ECHOED = {*SYSTEM_FIELDS, "version", "base_version"} - set(WRITABLE_SYSTEM)

TOLD = ("too_long", "too_short", "wrong_type", "masked_value", "bad_character")
REFUSED = Text(zh="该值不符合字段要求。", en="This value does not fit the field.")
DOUBLE = Text(zh="同一行出现了两次。", en="This row is named twice.")
ONCE = Text(zh="请合并为一项。", en="Make one item of both.")
YES_OR_NO = Text(zh="应为 true 或 false。", en="true or false is expected.")
LEAVE_DELETE = Text(
    zh="要删除这一行请写 true，否则去掉它。", en="Write true to remove the row, or leave it out."
)
WHICH_ROW = Text(zh="要删除哪一行，须写明它的 id。", en="Which row is to be removed its id has to say.")
NAME_ROW = Text(zh="请写上该行的 id，或去掉这一项。", en="Give its id, or leave this item out.")

GUESSED = 50
"""For so many unknown keys a near one is looked for, which takes long."""

Writes = Callable[[str], bool]
Parse = Callable[[Any, Reading], Any]


@dataclass(slots=True)
class RecordReader:
    """Reads one body for one form and one writer; `findings` collects the problems, of more than `room` only how
    many there are (`further`); `well` is what was read where there are any.
    """

    form: Form
    grants: GrantSet
    holding: tuple[CompiledGrant, ...] | None
    reading: Reading
    before: Record | None = None
    findings: list[Finding] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    well: Record | None = None
    room: int = MOST_TOLD
    further: int = 0

    def read(self, data: Any) -> Record:
        """The values in memory form. Raises Invalid, ForbiddenField."""
        if not isinstance(data, dict):
            raise Invalid([_object_expected("")])
        values = self._row(self.form, data, self.before, "", "")
        for key, child in self.form.children.items():
            if key in data:
                self._writable(key, f"/{key}")
                values[key] = self._children(child, data[key])
        if self.findings:
            self.well = values
            raise Invalid(self.findings, further=self.further)
        return values

    def _say(self, finding: Finding) -> None:
        if len(self.findings) < self.room:
            self.findings.append(finding)
        else:
            self.further += 1

    def _row(
        self,
        kind: RowKind,
        data: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        pointer: str,
        prefix: str,
    ) -> Record:
        values: Record = {}
        plain, reading, masks = self.plain(kind, prefix), self.reading, before is not None
        for key, raw in data.items():
            parse = plain.get(key)
            if parse is not None and not (masks and type(raw) is str):
                try:
                    values[key] = None if raw is None else parse(raw, reading)
                except Problem as problem:
                    self._refuse(kind.fields[key], f"{pointer}/{key}", problem)
                continue
            if key in self.form.children and not prefix:
                continue
            found = kind.fields.get(key)
            if found is None or (found.system and key not in WRITABLE_SYSTEM):
                if key not in (("id", "$delete") if prefix else ECHOED):
                    self._unknown(kind, key, pointer, prefix)
                elif found is not None and not prefix:
                    self._repeated(found, raw, before, f"{pointer}/{key}")
                continue
            where = f"{pointer}/{key}"
            if found.derived:
                if not self.grants.shows(prefix + key) and not self.grants.masks(prefix + key):
                    raise ForbiddenField(pointer=where)
                if found.source == "auto":
                    self._repeated(found, raw, before, where)
                continue
            value, well = self._value(found, raw, where, before)
            if well and self._accepts(found, value, before, where, prefix):
                values[key] = value
        self.written.update([prefix + key for key in values] if prefix else values)
        return values

    def _repeated(self, found: Field, raw: Any, before: Mapping[str, Any] | None, where: str) -> None:
        """Refuse another value for what the system writes. Nobody learns so what a field holds that they do not see."""
        if (before is None or self.grants.shows(found.key)) and contradicts(found, raw, before):
            self._say(read_only(where))

    def _unknown(self, kind: RowKind, key: str, pointer: str, prefix: str) -> None:
        """A key that is none of the form; what its writer may have meant is looked for among what they may see."""
        if len(self.findings) >= self.room:
            self.further += 1
            return
        meant = meant_by(
            kind, key, lambda each: self.grants.shows(prefix + each), guess=len(self.findings) < GUESSED
        )
        self._say(unknown_field(f"{pointer}/{_escape(key)}", key, meant))

    def plain(self, kind: RowKind | None = None, prefix: str = "") -> Mapping[str, Parse]:
        """How the fields of the form, or of a child table, are parsed that the writer may write in every row,
        whatever they held before.
        """
        kind, held = kind or self.form, self._rights()
        known: dict[Any, Mapping[str, Parse]] = kind.sql.setdefault("plainly read", {})
        found = known.get(held)
        if found is None:
            found = {
                key: field.kind.parse
                for key, field in kind.fields.items()
                if not (field.system or field.derived or field.readonly is True)
                and key not in self.form.children
                and self.may_write(prefix + key)
            }
            if len(known) < KEPT:
                known[held] = found
        return found

    def _rights(self) -> tuple[object, ...]:
        """Equal for readers that may write the same fields."""
        if self.holding is not None:
            return self.holding
        return ("*",) if self.grants.unlimited else self.grants.grants

    def _value(
        self, found: Field, raw: Any, where: str, before: Mapping[str, Any] | None
    ) -> tuple[Any, bool]:
        if raw is None:
            return None, True
        try:
            if found.system:
                return read_reference(raw), True
            if before is not None and isinstance(raw, str):
                refuse_masked(found, raw, before.get(found.key))
            return found.kind.parse(raw, self.reading), True
        except Problem as problem:
            self._refuse(found, where, problem)
            return None, False

    def _refuse(self, found: Field, where: str, problem: Problem) -> None:
        message, fix = problem.message, problem.fix
        if found.sealed and problem.code not in TOLD:
            message, fix = REFUSED, NO_FIX  # the sentence might quote what was sent
        self._say(Finding("error", problem.code, where + problem.pointer, message, fix))

    def _accepts(
        self, found: Field, value: Any, before: Mapping[str, Any] | None, where: str, prefix: str
    ) -> bool:
        """Whether the value is to be written; an unchanged read-only value is passed over."""
        self._writable(prefix + found.key, where)
        if found.readonly is not True:
            return True
        if value == (before.get(found.key) if before is not None else found.default):
            return False
        self._say(read_only(where))
        return False

    def _writable(self, name: str, where: str) -> None:
        if not self.may_write(name):
            raise ForbiddenField(pointer=where)
        self.written.add(name)

    def may_write(self, name: str) -> bool:
        """Whether the writer may write a field: `title`, `lines.qty`."""
        if self.holding is not None:
            return any(grant.writes(name) for grant in self.holding)
        return self.grants.writes(name)

    def _whole_rows(self, child: str, where: str) -> None:
        """Adding and removing rows takes the right to write the child table, not only some of its fields."""
        held = self.holding if self.holding is not None else self.grants.grants
        if not self.grants.unlimited and not any(grant.writes_rows(child) for grant in held):
            raise ForbiddenField(pointer=where)

    def _children(self, child: ChildTable, rows: Any) -> list[Record]:
        """The whole new list of child rows: named ones changed, unnamed ones kept, the rest added."""
        if rows is None:
            rows = [{"id": row["id"], "$delete": True} for row in (self.before or {}).get(child.key, [])]
        if not isinstance(rows, list):
            self._say(_list_expected(f"/{child.key}"))
            return []
        known: dict[str, Record] = {row["id"]: row for row in (self.before or {}).get(child.key, [])}
        if len(rows) > len(known) + child.max_rows:  # more than could be right are not read one by one
            self._say(wrong_count(child.key, len(rows), 0, child.max_rows))
            return list(known.values())
        wholes = [field.key for field in child.composed]
        result: dict[str, Record] = {
            key: {**row, **{whole: row[whole] for whole in wholes}} for key, row in known.items()
        }
        named: set[str] = set()
        for index, raw in enumerate(rows):
            pointer = f"/{child.key}/{index}"
            if not isinstance(raw, dict):
                self._say(_object_expected(pointer))
                continue
            key = raw.get("id")
            if isinstance(key, str) and key in named:
                self._say(Finding("error", "double_row", f"{pointer}/id", DOUBLE, ONCE))
                continue
            if isinstance(key, str):
                named.add(key)
            self._child(child, raw, known, result, pointer)
        return list(result.values())

    def _child(
        self,
        child: ChildTable,
        raw: dict[str, Any],
        known: Mapping[str, Record],
        result: dict[str, Record],
        pointer: str,
    ) -> None:
        key = raw.get("id")
        if key is not None and (not isinstance(key, str) or key not in known):
            self._say(
                Finding(
                    "error",
                    "row_not_found",
                    f"{pointer}/id",
                    Text(zh="没有该子表行。", en="There is no such row."),
                    Text(zh="新行请不要带 id。", en="Leave the id out for a new row."),
                )
            )
            return
        if not isinstance(raw.get("$delete", False), bool):
            self._say(Finding("error", "wrong_type", f"{pointer}/$delete", YES_OR_NO, LEAVE_DELETE))
            return
        if key is None and raw.get("$delete") is True:
            self._say(Finding("error", "required", f"{pointer}/id", WHICH_ROW, NAME_ROW))
            return
        if key is None or raw.get("$delete") is True:
            self._whole_rows(child.key, pointer)
        if raw.get("$delete") is True:
            result.pop(str(key), None)
            return
        values = self._row(child, raw, known.get(str(key)), pointer, f"{child.key}.")
        if key is None:
            result[new_id()] = values
        else:
            result[str(key)].update(values)


def reader(
    form: Form,
    grants: GrantSet = UNLIMITED,
    *,
    holding: tuple[CompiledGrant, ...] | None = None,
    before: Record | None = None,
    room: int = MOST_TOLD,
) -> RecordReader:
    """A reader of JSON for a form; without grants everything may be written (imports by the engine)."""
    if form.reading is None:
        raise LookupError(f"form '{form.key}' is not compiled")
    return RecordReader(form, grants, holding, form.reading, before, room=room)


def plainly_read(form: Form, plain: Mapping[str, Parse], data: Any) -> Record | None:
    """The values of a new record whose body names nothing but `plain` fields, all of them well; None where
    only a `RecordReader` tells.
    """
    if type(data) is not dict or form.reading is None or not form.children.keys().isdisjoint(data):
        return None
    reading, values = form.reading, {}
    try:
        for key, raw in data.items():
            values[key] = None if raw is None else plain[key](raw, reading)
    except (KeyError, Problem):
        return None
    return values


def missing(pointer: str) -> Finding:
    """The answer for a required value that is not there."""
    return Finding("error", "required", pointer, REQUIRED, FILL_IN)


def read_only(pointer: str) -> Finding:
    """The answer for writing a field that only the engine writes."""
    return Finding(
        "error",
        "read_only",
        pointer,
        Text(
            zh="此字段由系统填写，不能修改。", en="This field is filled by the system and cannot be changed."
        ),
        Text(zh="请去掉它。", en="Leave it out."),
    )


def _object_expected(pointer: str) -> Finding:
    return Finding(
        "error",
        "wrong_type",
        pointer,
        Text(zh="应为 JSON 对象。", en="A JSON object is expected."),
        Text(zh='请写成 {"字段": 值}。', en='Write {"field": value}.'),
    )


def _list_expected(pointer: str) -> Finding:
    return Finding(
        "error",
        "wrong_type",
        pointer,
        Text(zh="应为行的列表。", en="A list of rows is expected."),
        Text(zh='请写成 [{"字段": 值}, …]。', en='Write [{"field": value}, …].'),
    )


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
