"""New records inside a body: where a reference goes, an object without `id` is a record that is saved first.

`{"customer": {"name": "鼎盛"}, "lines": [{"product": {"sku": "P9"}, "qty": 1}]}` saves a customer and a product with
the rights of who acts and in the same transaction, then the record that names them. What is wrong with them is
told together with what is wrong around them, with pointers into the whole body (`/lines/0/product/sku`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.errors import EngineError, Invalid
from engine.findings import Finding, error, text, under
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Form, RowKind, compiled_form
from forms.reading_json import RecordReader

DEEPEST = 3
MOST = 200
"""New records that one body may hold besides the record itself."""

NESTING = frozenset({dict, list})
FEWER = text("请先单独保存其中一些，再用 id 引用。", "Save some of them first and name them by their ids.")

LEFT_BEHIND = text(
    "保存后没有记录引用这条新记录：此字段在当前条件下隐藏，或被规则改成了其他值。",
    "Nothing would name this new record: a condition hides the field here, or a rule sets another value.",
)
LEAVE_OUT = text(
    "请去掉它；确实需要时请单独保存。", "Leave it out; where it is needed all the same, save it by itself."
)


class Create(Protocol):
    """Saves a new record from JSON, as `intake.create_record` does."""

    def __call__(self, access: Access, form: Form, data: Any, *, room: Room) -> Record: ...


@dataclass(slots=True)
class Room:
    """How many more new records a body may hold, and how deep inside each other they stand; `made` are the ids of
    those that are saved.
    """

    left: int = MOST
    depth: int = 0
    made: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Names:
    """The references of a form to forms of its app: key -> target, of the record and by child table."""

    own: Mapping[str, str]
    rows: Mapping[str, Mapping[str, str]]


@dataclass(slots=True)
class Saved:
    """What became of the new records of a body: the body with ids in their places, or what is wrong."""

    access: Access
    create: Create
    room: Room
    findings: list[Finding] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    further: int = 0

    def value(self, target: str, raw: Any, pointer: str) -> Any:
        """The value with ids in the places of new records; None where one could not be saved."""
        if isinstance(raw, list):
            return [self.value(target, each, f"{pointer}/{index}") for index, each in enumerate(raw)]
        if not is_new(raw):
            return raw
        try:
            return self._save(target, raw, pointer)
        except Invalid as failure:
            self.findings += under(pointer, failure.findings)
            self.further += failure.further
            self.failed.append(pointer)
            return None
        except EngineError as failure:
            failure.pointer = pointer + failure.pointer
            raise

    def column(self, key: str, target: str, rows: list[Any], pointer: str) -> list[Any]:
        """Child rows with ids in the places of the new records of one column."""
        return [
            {**row, key: self.value(target, row[key], f"{pointer}/{index}/{key}")}
            if _row_holds_new(row, key)
            else row
            for index, row in enumerate(rows)
        ]

    def _save(self, target: str, raw: Mapping[str, Any], pointer: str) -> str:
        self.room.left -= 1
        if self.room.left < 0 or self.room.depth >= DEEPEST:
            message = text(
                f"一次最多带 {MOST} 条新记录，最多 {DEEPEST} 层。",
                f"At most {MOST} new records come with another one, at most {DEEPEST} levels deep.",
            )
            raise Invalid([error("too_many_new", "", message, FEWER)])
        work, form = self.access.work, compiled_form(self.access.app, target)
        # a row that the store refuses must not keep others from being judged; rows that wait are refused later
        part = nullcontext() if work.refused_together else work.savepoint()
        self.room.depth += 1
        try:
            with part:
                made = self.create(self.access, form, raw, room=self.room)
        finally:
            self.room.depth -= 1
        self.room.made.add(made["id"])
        return str(made["id"])


def is_new(raw: Any) -> bool:
    """Whether a value in the place of a reference is a record that does not exist yet."""
    return isinstance(raw, dict) and bool(raw) and "id" not in raw


def brings_new(access: Access, form: Form, data: Any) -> bool:
    """Whether a body holds new records."""
    return any(_new_in(access, form, data))


def save_new(
    access: Access,
    form: Form,
    data: Any,
    *,
    writes: Callable[[str], bool],
    create: Create,
    room: Room,
    read: RecordReader | None = None,
) -> Any:
    """The body with the ids of its new records, which are saved by now. `writes` says which references its
    writer may write; others are left to the reader. With `read`, what is wrong around a new record is told
    with what is wrong with it. Raises Invalid, Forbidden, ForbiddenField.
    """
    found = list(_new_in(access, form, data))
    if not found:
        return data
    saved = Saved(access, create, room)
    body = dict(data)
    for name, target, value in found:
        key, _, column = name.partition(".")
        if not writes(name):
            continue
        if column:
            body[key] = saved.column(column, target, body[key], f"/{key}")
        else:
            body[key] = saved.value(target, value, f"/{key}")
    if saved.findings:
        told = list(_told(saved.findings, read, body, saved.failed))
        raise Invalid(told, further=saved.further + (read.further if read is not None else 0))
    return body


def check_named(
    access: Access, form: Form, body: Any, record: Mapping[str, Any], made: Collection[str]
) -> None:
    """The saved record names the new records of its body, whose ids `save_new` put in their places: none of them
    stays behind because a condition hides its field or a rule sets another value. Raises Invalid.
    """
    if not made or not isinstance(body, dict):
        return
    names = _names_of(access, form)
    left = [each for key in names.own for each in _left(body.get(key), _ids(record[key]), made, f"/{key}")]
    for child, columns in names.rows.items():
        for key in columns if isinstance(body.get(child), list) else ():
            kept = frozenset(each for row in record[child] for each in _ids(row[key]))
            for index, row in enumerate(body[child]):
                if isinstance(row, dict):
                    left += _left(row.get(key), kept, made, f"/{child}/{index}/{key}")
    if left:
        raise Invalid([error("left_behind", pointer, LEFT_BEHIND, LEAVE_OUT) for pointer in left])


def _left(sent: Any, kept: Collection[str], made: Collection[str], pointer: str) -> list[str]:
    """Pointers to the ids in a value that were made for it and are not kept."""
    if isinstance(sent, list):
        places = ((each, f"{pointer}/{index}") for index, each in enumerate(sent))
    else:
        places = ((each, pointer) for each in (sent,))
    return [place for each, place in places if isinstance(each, str) and each in made and each not in kept]


def _ids(value: Any) -> tuple[str, ...]:
    """The ids that a reference, or a list of them, holds."""
    return () if value is None else value if isinstance(value, tuple) else (value,)


def refuse_new(access: Access, form: Form, data: Mapping[str, Any], pointer: str) -> None:
    """For one body that is meant for many records: a new record in it could belong to one or to each. Raises
    Invalid.
    """
    found = [name.partition(".")[0] for name, _, _ in _new_in(access, form, data)]
    message = text("此处应为已有记录的 id。", "The id of a record that exists is expected here.")
    fix = text("请先保存新记录。", "Save the new record first.")
    if found:
        raise Invalid([error("wrong_type", f"{pointer}/{key}", message, fix) for key in dict.fromkeys(found)])


def _told(
    saved: list[Finding], read: RecordReader | None, body: Mapping[str, Any], failed: list[str]
) -> Iterator[Finding]:
    """What is wrong with new records, and what `read` finds wrong around them but for the places they leave."""
    yield from saved
    if read is None:
        return
    read.findings += saved  # a body that is refused anyway is told what else it lacks
    try:
        read.read(body)
    except Invalid as failure:
        for each in failure.findings:
            left = any(place == each.pointer or place.startswith(f"{each.pointer}/") for place in failed)
            if each not in saved and not left:
                yield each


def _new_in(access: Access, form: Form, data: Any) -> Iterator[tuple[str, str, Any]]:
    """(name of the reference, its target, value) of those that hold a new record; rows once for each column."""
    if not isinstance(data, dict) or NESTING.isdisjoint(map(type, data.values())):
        return
    names = _names_of(access, form)
    for key, target in names.own.items():
        if _holds_new(data.get(key)):
            yield key, target, data[key]
    for child, columns in names.rows.items():
        rows = data.get(child)
        if type(rows) is not list:
            continue
        for key, target in columns.items():
            if any(_row_holds_new(row, key) for row in rows):
                yield f"{child}.{key}", target, rows


def _holds_new(raw: Any) -> bool:
    return is_new(raw) if type(raw) is not list else any(is_new(each) for each in raw)


def _row_holds_new(row: Any, key: str) -> bool:
    """Nothing is read of a row that is to be removed, so what stands in it is not saved either."""
    return type(row) is dict and row.get("$delete") is not True and _holds_new(row.get(key))


def _names_of(access: Access, form: Form) -> Names:
    return form.once("names new records", lambda: _names(access, form))


def _names(access: Access, form: Form) -> Names:
    """Records of other apps are made there, and people and departments by administrators."""
    forms = access.app.kind("form")

    def of(kind: RowKind) -> dict[str, str]:
        return {
            field.key: field.targets[0]
            for field in kind.naming
            if not field.parts and not field.system and field.targets[0] in forms
        }

    rows = {key: of(child) for key, child in form.children.items()}
    return Names(of(form), {key: columns for key, columns in rows.items() if columns})
