"""What a record must fulfil to be saved, and the unique keys it occupies."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions import Env
from engine.findings import NO_FIX, Finding, Text
from forms.compiled import ChildTable, Field, RowKind, UniqueRule
from forms.compute import Saving, holds
from forms.rows import exists
from forms.system_forms import SYSTEM_FORMS

REQUIRED = Text(zh="此项必填。", en="This is required.")
FILL_IN = Text(zh="请填写。", en="Fill it in.")


def check(save: Saving) -> list[Finding]:
    """Everything that is wrong with the record, each with a pointer into it."""
    findings = list(_row_findings(save.form, save.after, save.env, ""))
    rows_before = {
        row["id"]: row for child in save.form.children for row in (save.before or {}).get(child, [])
    }
    for child in save.form.children.values():
        rows = save.after[child.key]
        least = _fewest(save, child)
        if len(rows) < least or len(rows) > child.max_rows:
            findings.append(_count(child.key, len(rows), least, child.max_rows))
        for index, row in enumerate(rows):
            findings += _row_findings(child, row, save.row_env, f"/{child.key}/{index}")
    findings += _missing_targets(save, rows_before)
    return findings


def _fewest(save: Saving, child: ChildTable) -> int:
    """How many rows there must be: none while the table is hidden, one at least when it is required."""
    if not holds(child.visible, save.after, save.env):
        return 0
    return max(child.min_rows, 1 if holds(child.required, save.after, save.env) else 0)


def _count(child: str, found: int, least: int, most: int) -> Finding:
    if found < least:
        return Finding(
            "error",
            "required" if found == 0 else "too_few_rows",
            f"/{child}",
            Text(
                zh=f"至少需要 {least} 行，现有 {found} 行。",
                en=f"At least {least} rows are needed; there are {found}.",
            ),
            FILL_IN,
        )
    return Finding(
        "error",
        "too_many_rows",
        f"/{child}",
        Text(
            zh=f"最多 {most} 行，现有 {found} 行。", en=f"At most {most} rows are allowed; there are {found}."
        ),
        NO_FIX,
    )


def _row_findings(kind: RowKind, record: Mapping[str, Any], env: Env, pointer: str) -> Iterator[Finding]:
    for field in kind.fields.values():
        if field.required is False or record[field.key] is not None:
            continue
        if holds(field.required, record, env) and holds(field.visible, record, env):
            yield Finding("error", "required", f"{pointer}/{field.key}", REQUIRED, FILL_IN)
    for rule in kind.checks:
        if rule.expression.evaluate(record, env) is False:
            where = f"{pointer}/{rule.field}" if rule.field else pointer
            yield Finding(
                "error", rule.code, where, Text(zh=rule.message["zh"], en=rule.message["en"]), NO_FIX
            )


def _missing_targets(save: Saving, rows_before: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """New references to records that do not exist."""
    places = [("", save.form, save.after, save.before)]
    for child in save.form.children.values():
        for index, row in enumerate(save.after[child.key]):
            places.append((f"/{child.key}/{index}", child, row, rows_before.get(row["id"])))  # type: ignore[arg-type]
    for pointer, kind, record, before in places:
        for field in kind.fields.values():
            if not field.refers or (field.system and field.key not in ("owner", "dept")):
                continue
            value = record.get(field.key)
            if (
                value is not None
                and (before is None or before.get(field.key) != value)
                and not _target_exists(save, field, value)
            ):
                yield Finding(
                    "error",
                    "not_found",
                    f"{pointer}/{field.key}",
                    Text(zh="所引用的记录不存在。", en="The record it refers to does not exist."),
                    Text(zh="请重新选择。", en="Choose another one."),
                )


def _target_exists(save: Saving, field: Field, value: str) -> bool:
    work = save.work
    known = work.memory.setdefault("existing", {})
    key = (field.target, value)
    if key not in known and value in (work.principal.user, work.principal.dept):
        known[key] = True
    if key not in known:
        system = SYSTEM_FORMS.get(str(field.target))
        if system is not None:
            known[key] = value == "system" or save.env.follow(system.key, value) is not None
        else:
            known[key] = exists(work, save.app.kind("form")[str(field.target)], value)
    return bool(known[key])


def unique_keys(kind: RowKind, record: Mapping[str, Any], env: Env) -> dict[str, str | None]:
    """The shadow columns of a row: a hash of the normalised values, or None where the rule does not apply."""
    return {rule.column: _unique_key(rule, record, env) for rule in kind.uniques}


def _unique_key(rule: UniqueRule, record: Mapping[str, Any], env: Env) -> str | None:
    values = [record[key] for key in rule.fields]
    if record.get("deleted_at") is not None or all(value is None for value in values):
        return None
    if rule.when is not None and rule.when.evaluate(record, env) is not True:
        return None
    text = "\x1f".join("\x00" if value is None else normal(value) for value in values)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def normal(value: Any) -> str:
    """A value as unique constraints compare it: trimmed, NFKC, without case."""
    return unicodedata.normalize("NFKC", str(value)).strip().casefold()


def double(kind: RowKind, column: str, pointer: str) -> Finding:
    """The finding for a unique key that another record has."""
    rule = next(rule for rule in kind.uniques if rule.column == column)
    names_zh = "、".join(kind.fields[key].label["zh"] for key in rule.fields)
    names_en = ", ".join(kind.fields[key].label["en"] for key in rule.fields)
    message = (
        Text(zh=rule.message["zh"], en=rule.message["en"])
        if rule.message
        else Text(zh=f"{names_zh}已存在。", en=f"{names_en}: this value exists already.")
    )
    return Finding(
        "error",
        rule.code,
        f"{pointer}/{rule.fields[0]}",
        message,
        Text(zh="请使用其他值。", en="Use another value."),
    )
