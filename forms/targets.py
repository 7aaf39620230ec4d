"""References that a person sets may name only records that this person may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Invalid
from engine.findings import Finding, Text
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Form, compiled_form
from forms.rows import exists


def check_targets(access: Access, form: Form, before: Record | None, values: Mapping[str, Any]) -> None:
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
