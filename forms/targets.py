"""References that a person sets may name only records that this person may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.errors import Invalid
from engine.findings import Finding, Text
from engine.protocols import Record
from forms.access import Access
from forms.checks import new_names
from forms.compiled import Form, compiled_form
from forms.reach import forms_in_reach
from forms.rows import exists


def check_targets(
    access: Access,
    form: Form,
    before: Record | None,
    values: Mapping[str, Any],
    made: Collection[str] = (),
) -> None:
    """References may name only records that the writer may see; others answer as if they did not exist. `made` are
    the ids of records that the same body brought: who may create them may name them there. Raises Invalid.
    """
    findings = missing_targets(access, form, before, values, made)
    if findings:
        raise Invalid(findings)


def missing_targets(
    access: Access,
    form: Form,
    before: Record | None,
    values: Mapping[str, Any],
    made: Collection[str] = (),
) -> list[Finding]:
    """What to say of references to records that are not there for the writer, as `check_targets`."""
    findings: list[Finding] = []
    if not names_records(access, form):
        return findings
    places: list[tuple[str, Any, Mapping[str, Any], Mapping[str, Any]]] = [("", form, values, before or {})]
    for child in form.children.values():
        known = {row["id"]: row for row in (before or {}).get(child.key, [])}
        for index, row in enumerate(values.get(child.key) or []):
            places.append((f"/{child.key}/{index}", child, row, known.get(row.get("id"), {})))
    for pointer, kind, record, old in places:
        for field in kind.naming:
            findings += [
                _not_found(f"{pointer}/{field.key}{named.pointer}")
                for named in new_names(field, record.get(field.key), old)
                if named.record not in made
                and named.form in forms_in_reach(access.app)
                and not _may_see(access, named.form, named.record)
            ]
    return findings


def _not_found(pointer: str) -> Finding:
    return Finding(
        "error",
        "not_found",
        pointer,
        Text(
            zh="所引用的记录不存在，或您无权查看。",
            en="The record it refers to does not exist, or you may not see it.",
        ),
        Text(zh="请重新选择。", en="Choose another one."),
    )


def names_records(access: Access, form: Form) -> bool:
    """Whether a field of the form or of its child tables may name records of the app."""

    def find() -> bool:
        forms = forms_in_reach(access.app)
        kinds = (form, *form.children.values())
        return any(target in forms for kind in kinds for field in kind.naming for target in field.targets)

    return form.once("names records", find)


def _may_see(access: Access, form: str, record: str) -> bool:
    access, form = access.home(form)
    grants = access.seen(form)
    if grants.unlimited:
        return True
    place = (access.work.principal.user, access.app.key, form, record)
    known = access.work.memory.get("visible", {}).get(place)
    if known is not None:
        return bool(known)
    if grants.every_row:
        return exists(access.work, compiled_form(access.app, form), record)
    return bool(grants) and any(access.flags(compiled_form(access.app, form), grants, record) or [])
