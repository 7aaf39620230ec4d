"""What a record must fulfil to be saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.expressions import Env
from engine.findings import NO_FIX, Finding, Text
from forms.choosing import find_refused
from forms.compiled import ChildTable, Field, Named, RowKind
from forms.compute import Saving, holds
from forms.draws import check_draws
from forms.file_checks import check_files
from forms.rows import exists
from forms.system_forms import SYSTEM_FORMS
from forms.trees import check_tree
from forms.uniques import doubles_within

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
        findings += doubles_within(child, rows, save.row_env)
    findings += _missing_targets(save, rows_before)
    findings += find_refused(save)
    findings += check_tree(save)
    findings += check_files(save)
    return findings or check_draws(save)


def broken(save: Saving, moved: frozenset[str], pointer: str) -> list[Finding]:
    """The validations that read what `moved` and held before; they are of a record that nobody is editing."""
    return [
        Finding("error", rule.code, pointer, Text(zh=rule.message["zh"], en=rule.message["en"]), NO_FIX)
        for rule in save.form.checks
        if moved & {path[0] for path in rule.expression.dependencies}
        and rule.expression.evaluate(save.after, save.env) is False
        and rule.expression.evaluate(save.before or {}, save.env) is not False
    ]


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
        for field in kind.naming:
            for named in new_names(field, record.get(field.key), before):
                if not _exists(save, named):
                    yield Finding(
                        "error",
                        "not_found",
                        f"{pointer}/{field.key}{named.pointer}",
                        Text(zh="所引用的记录不存在。", en="The record it refers to does not exist."),
                        Text(zh="请重新选择。", en="Choose another one."),
                    )


def new_names(field: Field, value: Any, before: Mapping[str, Any] | None) -> Iterable[Named]:
    """The records that a value names and that the field did not name before."""
    old = before.get(field.key) if before is not None else None
    if value is None or value == old:
        return ()
    if old is None:
        return field.named(value)
    known = set(field.named(old))
    return [each for each in field.named(value) if each not in known]


def _exists(save: Saving, named: Named) -> bool:
    work, value = save.work, named.record
    known = work.memory.setdefault("existing", {})
    key = (named.form, value)
    if key not in known:
        system = SYSTEM_FORMS.get(named.form)
        if system is None:
            known[key] = exists(work, save.app.kind("form")[named.form], value)
        elif value in (work.principal.user, work.principal.dept, "system"):
            known[key] = True
        else:
            known[key] = save.env.follow(system.key, value) is not None
    return bool(known[key])
