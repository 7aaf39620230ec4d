"""An edit of a record by a person: what the body changes, checked against the record as it is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from engine.changes import log
from engine.errors import Conflict, EngineError, Forbidden, Invalid
from engine.expressions import Env
from engine.findings import Finding, error, text
from engine.permissions.compiled import CompiledGrant, GrantSet
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import ChildTable, Form, Rule
from forms.compute import holds
from forms.environment import environment
from forms.foretold import room_to_tell, tell_more, told_together
from forms.intake import create_record
from forms.masking import masked
from forms.nested import Room, save_new
from forms.reading_json import RecordReader, read_only, reader
from forms.records import RecordNotFound
from forms.sent_rows import as_sent
from forms.shape import PART
from forms.targets import check_targets

READ_ONLY_NOW = text(
    "记录处于当前状态时，此字段不能修改。", "This field cannot be changed while the record is as it is now."
)
LEAVE_AS_IT_IS = text("请保留原值。", "Leave it as it is.")
SEND_READ = text("请发送读取该记录时得到的 rev。", "Send the `rev` that came with the record.")
MERGED = 200
"""An edit on a revision further back than this many changes is not merged."""


class PreconditionFailed(EngineError):
    """The record has changed since you read it (If-Match)."""

    code = "precondition_failed"
    zh = "记录在您读取之后已被修改（If-Match 不符）。"
    fix_zh = "请重新读取后再提交。"
    fix_en = "Read it again, then send your change."


class FieldConflict(Conflict):
    """Somebody else changed the same field since you read it."""

    code = "field_conflict"
    zh = "他人在您读取之后修改了同一字段。"
    fix_zh = "请对照两个值后重新提交。"
    fix_en = "Compare both values and send your choice."


@dataclass(slots=True)
class Edit:
    """Turns a body into changed values once the record is locked and loaded; see `records.update`."""

    access: Access
    form: Form
    grants: GrantSet
    data: Any
    if_match: int | None
    held: tuple[CompiledGrant, ...] | None = ()
    importing: tuple[CompiledGrant, ...] | None = ()
    viewing: tuple[CompiledGrant, ...] | None = ()
    written: frozenset[str] = frozenset()
    before: Record | None = None
    room: Room = field(default_factory=Room)

    @contextmanager
    def as_sent(self) -> Iterator[None]:
        """What is wrong with child rows is told by the rows of the body."""
        try:
            yield
        except Invalid as failure:
            if self.before is not None:  # otherwise the body could not be read, and its reader knows its rows
                failure.findings = tuple(as_sent(failure.findings, self.form, self.before, self.data))
                failure.pointer = failure.findings[0].pointer if failure.findings else ""
            raise

    def bring(self, before: Record, pass_lock: Callable[[Mapping[str, Any]], None]) -> None:
        """Save the new records inside the body; their ids stand in their places afterwards. That may change the
        record itself, which has to be loaded again. Raises what `values` raises.
        """
        access, form = self.access, self.form
        read = self._admitted(before, pass_lock)
        with told_together(access, form, read, self.data, made=self.room.made):
            self.data = save_new(
                access,
                form,
                self.data,
                writes=read.may_write,
                create=create_record,
                room=self.room,
                read=read,
            )
        self.if_match = None  # the record is locked: what makes a newer revision of it now is this body

    def values(self, before: Record, pass_lock: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any]:
        """The changed values in memory form.

        Raises RecordNotFound for who may not see the record, PreconditionFailed, RecordLocked, Forbidden,
        ForbiddenField, Invalid, FieldConflict.
        """
        access, form = self.access, self.form
        read = self._admitted(before, pass_lock)
        with told_together(access, form, read, self.data, made=self.room.made):
            values = read.well = read.read(self.data)
        self.before = before
        self.written = frozenset(read.written)
        values = {key: value for key, value in values.items() if key in form.children or before[key] != value}
        refuse_readonly(access, form, before, values)
        self._merge(before, values)
        try:
            check_targets(access, form, before, values, self.room.made)
        except Invalid as failure:
            failure.findings = tuple(as_sent(failure.findings, form, before, self.data))
            self.before = None  # its rows are named as they were sent by now
            tell_more(failure, access, form, read, self.data, made=self.room.made)
            raise
        return values

    def _admitted(self, before: Record, pass_lock: Callable[[Mapping[str, Any]], None]) -> RecordReader:
        """The reader of the body for who may change this record as it is."""
        access, form = self.access, self.form
        env = environment(access.work, access.app, old=before)
        self.viewing = access.held(access.readable(form.key, before["id"]), before, env, write=False)
        if self.viewing == ():
            raise RecordNotFound()
        if self.if_match is not None and self.if_match != before["rev"]:
            raise PreconditionFailed(details={"rev": before["rev"]})
        pass_lock(_touched(self.data, form))
        self.held = access.held(self.grants, before, env, write=True)
        importing = access.bringing(form.key, self.grants)
        self.importing = access.held(importing, before, env, write=True)
        if not self.grants or self.held == () or self.importing == ():
            raise Forbidden()
        room = room_to_tell(access.work)
        return reader(form, self.grants, holding=self.held, before=before, room=room)

    def _merge(self, before: Record, values: Mapping[str, Any]) -> None:
        """Let an edit on an older revision through unless a field of it was changed since."""
        base = self.data.get("base_version")
        if base is None:
            return
        if isinstance(base, bool) or not isinstance(base, int):
            message = text("base_version 应为读取时得到的 rev。", "base_version is the `rev` you got.")
            raise Invalid([error("wrong_type", "/base_version", message, SEND_READ)])
        if not 1 <= base <= before["rev"]:
            message = text(
                f"该记录没有修订 {base}，现在是 {before['rev']}。",
                f"The record has no revision {base}; it is at {before['rev']}.",
            )
            raise Invalid([error("invalid_parameter", "/base_version", message, SEND_READ)])
        if base != before["rev"]:
            merge(self.access.work, self.form, before, values, base, shows=self._shows)

    def _shows(self, key: str) -> bool:
        """Whether the writer may read a field of this record as it is."""
        return self.viewing is None or any(grant.shows(key) for grant in self.viewing)


def refuse_readonly(access: Access, form: Form, before: Record, values: Mapping[str, Any]) -> None:
    """Refuse changes of what a condition makes read-only, judged by the record as it was. Raises Invalid.

    A new record is free: conditions say when something that is there may no longer be changed.
    """
    env = environment(access.work, access.app, old=before)
    rules: dict[str, Rule] = {key: kind.readonly for key, kind in form.fields.items()}
    rules |= {key: child.readonly for key, child in form.children.items()}
    findings = [
        _read_only(f"/{key}", rules[key])
        for key, value in values.items()
        if rules[key] is not False and before[key] != value and holds(rules[key], before, env)
    ]
    row_env = environment(access.work, access.app, old=before, parent=before)
    for child in form.children.values():
        findings += _readonly_cells(child, before[child.key], values.get(child.key) or [], row_env)
    if findings:
        raise Invalid(findings)


def _readonly_cells(child: ChildTable, known: list[Record], rows: list[Record], env: Env) -> list[Finding]:
    """Changed cells of child rows whose own condition makes them read-only."""
    guarded = [field for field in child.fields.values() if field.readonly not in (True, False)]
    before = {row["id"]: row for row in known} if guarded else {}
    return [
        _read_only(f"/{child.key}/{index}/{field.key}", field.readonly)
        for index, row in enumerate(rows)
        if (old := before.get(row.get("id"))) is not None
        for field in guarded
        if row.get(field.key) != old[field.key] and holds(field.readonly, old, env)
    ]


def _read_only(pointer: str, rule: Rule) -> Finding:
    """The answer for a change of what nobody may change, or nobody while the record is as it is."""
    found = read_only(pointer)
    return found if rule is True else replace(found, message=READ_ONLY_NOW, fix=LEAVE_AS_IT_IS)


def _touched(data: Any, form: Form) -> dict[str, Any]:
    """The fields a body names, with values that differ from any stored one."""
    if not isinstance(data, dict):
        return {}
    marker = object()
    return {
        key: marker
        for key in data
        if key in form.children or (key in form.fields and not form.fields[key].derived)
    }


def merge(
    work: UnitOfWork,
    form: Form,
    before: Record,
    values: Mapping[str, Any],
    base: int,
    *,
    shows: Callable[[str], bool] = lambda _key: True,
) -> None:
    """Raises FieldConflict when a field of `values` was changed after revision `base`; what the writer may
    not read (`shows`) is masked in it.
    """
    since: dict[str, Any] = {}
    for change in log.of_record(work, form.app, form.key, before["id"], limit=MERGED):
        if change.rev <= base:
            break
        since |= change.diff
    else:
        since |= values  # too far back to tell
    met = sorted({key.partition(PART)[0] for key in since} & {key.partition(PART)[0] for key in values})
    if met:
        details = {
            key: {
                "theirs": _shown(form, key, before[key], covered=not shows(key)),
                "yours": _shown(form, key, values[key], covered=False),
            }
            for key in met
        }
        raise FieldConflict(pointer=f"/{met[0]}", details={"fields": details, "rev": before["rev"]})


def _shown(form: Form, key: str, value: Any, *, covered: bool) -> Any:
    field = form.fields.get(key)
    told = field.codec.kept_of(value) if field is not None else None
    return masked(field)(told) if field is not None and covered else told
