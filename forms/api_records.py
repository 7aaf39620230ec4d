"""Records for people: JSON in and out, with the rights of who acts checked on every row and field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import Conflict, EngineError, Forbidden, Invalid
from engine.findings import Finding, Text
from engine.permissions.compiled import GrantSet
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms import records, rows
from forms.access import Access
from forms.compiled import Field, Form, Rule, compiled_form
from forms.compute import holds
from forms.deletion import delete
from forms.environment import environment, variables
from forms.output import record_json
from forms.reading_json import RecordReader, read_only, reader
from forms.reading_plan import Path, ReadingPlan, default_fields, make_plan
from forms.records import RecordNotFound
from forms.rows import exists


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


class DryRun(Exception):
    """Ends a dry run: everything worked, nothing is kept."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("dry run")
        self.answer = answer


def get_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, fields: list[Path] | None = None
) -> dict[str, Any]:
    """One record as the reader may see it. Raises Forbidden, RecordNotFound, UnknownField."""
    access = Access(work, app)
    plan = _one_plan(access, form, fields)
    row = work.row(plan.text, plan.params.bind(variables(work, app, record_id=record), work.now, app.zone))
    if row is None:
        raise RecordNotFound()
    return record_json(access, form, plan, [row])[0]


def _one_plan(access: Access, form: Form, fields: list[Path] | None) -> ReadingPlan:
    dialect = access.work.runtime.database.dialect
    key = ("one", form.key, dialect, access.key, tuple(fields) if fields is not None else None)
    plan: ReadingPlan | None = access.app.memory.get(key)
    if plan is None:
        grants = access.readable(form.key)
        wanted = fields if fields is not None else default_fields(form, grants, children=True)
        plan = make_plan(
            access.app,
            form,
            dialect,
            grants_of=lambda other: grants if other == form.key else access.seen(other),
            fields=wanted,
            by_id=True,
        )
        access.app.memory[key] = plan
    return plan


def create_json(
    work: UnitOfWork, app: CompiledApp, form: Form, data: Any, *, dry_run: bool = False
) -> dict[str, Any]:
    """Save a new record. Raises Forbidden, ForbiddenField, Invalid; DryRun with the answer instead of saving."""
    access = Access(work, app)
    grants = access.demand(form.key, "create")
    read = reader(form, grants)
    values = read.read(data)
    _check_targets(access, form, None, values)
    record = records.create(work, form, values)
    access.check_written(form, grants, record["id"])
    return _answer(access, form, record["id"], dry_run=dry_run)


def update_json(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    record: str,
    data: Any,
    *,
    if_match: int | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Change a record. `if_match` is strict; `base_version` in the body merges edits of different fields.

    Raises RecordNotFound, Forbidden, ForbiddenField, Invalid, RecordLocked, PreconditionFailed, FieldConflict.
    """
    access = Access(work, app)
    grants = access.grants(form.key, "update")
    if not access.sees(form, record):
        raise RecordNotFound()
    holding = access.holding(form, grants, record, write=True) if grants else ()
    edits = _Edits(access, form, grants, holding, data, if_match)
    saved = records.update(work, form, record, {}, alter=edits.values)
    access.check_written(form, grants, record)
    return _answer(access, form, saved["id"], dry_run=dry_run)


class _Edits:
    """Turns a body into changed values once the record is locked."""

    def __init__(
        self,
        access: Access,
        form: Form,
        grants: GrantSet,
        holding: Any,
        data: Any,
        if_match: int | None,
    ) -> None:
        self.access, self.form, self.grants = access, form, grants
        self.holding, self.data, self.if_match = holding, data, if_match

    def values(self, before: Record) -> Mapping[str, Any]:
        work = self.access.work
        if self.if_match is not None and self.if_match != before["rev"]:
            raise PreconditionFailed(details={"rev": before["rev"]})
        self._refuse_locked(before)
        if not self.grants or (self.holding is not None and not self.holding):
            raise Forbidden()
        read: RecordReader = reader(self.form, self.grants, holding=self.holding, before=before)
        values = read.read(self.data)
        values = {
            key: value
            for key, value in values.items()
            if key in self.form.children or before.get(key) != value
        }
        self._refuse_readonly(before, values)
        base = self.data.get("base_version")
        if base is not None and base != before["rev"]:
            merge(work, self.form, before, values, base)
        _check_targets(self.access, self.form, before, values)
        return values

    def _refuse_locked(self, before: Record) -> None:
        """A record in approval says so before anything about rights is said."""
        work = self.access.work
        found = rows.select_one(work, self.form, before["id"], lock=False, deleted=False)
        if found is not None and found[-2] is not None:
            from engine.storage.columns import decode_json

            records.pass_lock(work, found[-2], decode_json(found[-1]), before, _touched(self.data, self.form))

    def _refuse_readonly(self, before: Record, values: Mapping[str, Any]) -> None:
        """Conditions of read-only fields and child tables, as the record was before."""
        env = environment(self.access.work, self.access.app, old=before)
        rules: dict[str, Rule] = {key: kind.readonly for key, kind in self.form.fields.items()}
        rules |= {key: child.readonly for key, child in self.form.children.items()}
        findings = [
            read_only(f"/{key}")
            for key, value in values.items()
            if rules[key] is not False and before[key] != value and holds(rules[key], before, env)
        ]
        if findings:
            raise Invalid(findings)


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


def merge(work: UnitOfWork, form: Form, before: Record, values: Mapping[str, Any], base: Any) -> None:
    """Let an edit on an older revision through unless a field of it was changed since. Raises FieldConflict."""
    since: dict[str, Any] = {}
    for change in log.of_record(work, form.app, form.key, before["id"]):
        if change.rev <= int(base):
            break
        since |= change.diff
    met = sorted(since.keys() & values.keys())
    if met:
        details = {
            key: {"theirs": _shown(form, key, before.get(key)), "yours": _shown(form, key, values[key])}
            for key in met
        }
        raise FieldConflict(pointer=f"/{met[0]}", details={"fields": details, "rev": before["rev"]})


def _shown(form: Form, key: str, value: Any) -> Any:
    field: Field | None = form.fields.get(key)
    return field.codec.json_of(value) if field is not None else None


def _check_targets(access: Access, form: Form, before: Record | None, values: Mapping[str, Any]) -> None:
    """References may name only records that the writer may see; others answer as if they did not exist."""
    findings: list[Finding] = []
    places: list[tuple[str, Any, Mapping[str, Any], Mapping[str, Any]]] = [("", form, values, before or {})]
    for child in form.children.values():
        known = {row["id"]: row for row in (before or {}).get(child.key, [])}
        for index, row in enumerate(values.get(child.key) or []):
            places.append((f"/{child.key}/{index}", child, row, known.get(row.get("id"), {})))
    for pointer, kind, record, old in places:
        for field in kind.fields.values():
            value = record.get(field.key) if field.refers else None
            if value is None or old.get(field.key) == value or field.target not in access.app.kind("form"):
                continue
            if not _may_see(access, field.target, value):
                findings.append(
                    Finding(
                        "error",
                        "not_found",
                        f"{pointer}/{field.key}",
                        Text(
                            zh="所引用的记录不存在，或您无权查看。",
                            en="The record it refers to does not exist, or you may not see it.",
                        ),
                        Text(zh="请重新选择。", en="Choose another one."),
                    )
                )
    if findings:
        raise Invalid(findings)


def _may_see(access: Access, form: str, record: str) -> bool:
    grants = access.seen(form)
    if grants.unlimited:
        return True
    if grants.every_row:
        return exists(access.work, compiled_form(access.app, form), record)
    return bool(grants) and any(access.flags(compiled_form(access.app, form), grants, record) or [])


def delete_json(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> None:
    """Move a record to the recycle bin. Raises RecordNotFound, Forbidden, RecordLocked, Referenced."""
    access = Access(work, app)
    if not access.sees(form, record):
        raise RecordNotFound()
    grants = access.demand(form.key, "delete")
    if not grants.unlimited and not any(access.flags(form, grants, record, write=True) or []):
        raise Forbidden()
    delete(work, form, record)


def _answer(access: Access, form: Form, record: str, *, dry_run: bool) -> dict[str, Any]:
    """The record as its writer may read it; just its id when the writer may not."""
    try:
        answer = get_json(access.work, access.app, form, record)
    except (RecordNotFound, Forbidden):
        answer = {"id": record}
    if dry_run:
        raise DryRun(answer)
    return answer
