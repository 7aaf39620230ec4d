"""What a record must fulfil to be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.expressions import Env
from engine.findings import NO_FIX, Finding, Text
from engine.identity.principal import SYSTEM_USER, Principal
from forms.across import check_across
from forms.apart import check_apart, overlapping_rows
from forms.attachments import holders
from forms.choosing import find_refused
from forms.compiled import SYSTEM_KEYS, ChildTable, Field, Form, Named, RowKind
from forms.compute import Saving, holds
from forms.draws import check_draws
from forms.file_checks import check_files
from forms.rows import exists
from forms.system_forms import SYSTEM_FORMS, USER, SystemForm
from forms.trees import check_tree
from forms.uniques import doubles_within

MANY_USERS = 100_000
"""So many users are remembered to exist."""
REQUIRED = Text(zh="此项必填。", en="This is required.")
FILL_IN = Text(zh="请填写。", en="Fill it in.")


def check(save: Saving) -> list[Finding]:
    """Everything that is wrong with the record, each with a pointer into it."""
    form = save.form
    findings = _row_findings(form, save.after, save.env, "")
    for child in form.children.values():
        rows = save.after[child.key]
        least = _fewest(save, child)
        if len(rows) < least or len(rows) > child.max_rows:
            findings.append(wrong_count(child.key, len(rows), least, child.max_rows))
        for index, row in enumerate(rows):
            findings += _row_findings(child, row, save.row_env, f"/{child.key}/{index}")
        findings += doubles_within(child, rows, save.row_env)
        findings += overlapping_rows(child, rows, save.row_env)
    further, last = form.once("checks", lambda: _further(form))
    for check_further in further:
        findings += check_further(save)
    for check_last in last if not findings else ():
        findings = findings or check_last(save)
    return findings


Checks = list[Callable[[Saving], Iterable[Finding]]]


def _further(form: Form) -> tuple[Checks, list[Callable[[Saving], list[Finding]]]]:
    """The checks that the fields of a form call for, and those that are made when nothing else is wrong."""
    kinds = (form, *form.children.values())
    called: tuple[tuple[Callable[[Saving], Iterable[Finding]], bool], ...] = (
        (_missing_targets, any(kind.naming for kind in kinds)),
        (find_refused, any(kind.choosing for kind in kinds)),
        (check_tree, form.shape.tree is not None),
        (check_files, any(holders(kind) for kind in kinds)),
        (check_across, any(child.uniques for child in form.children.values())),
    )
    last = ((check_draws, bool(form.draws)), (check_apart, bool(form.apart)))
    return [each for each, wanted in called if wanted], [each for each, wanted in last if wanted]


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


def wrong_count(child: str, found: int, least: int, most: int) -> Finding:
    """What to say of a child table with `found` rows, which are fewer than `least` or more than `most`."""
    if found < least:
        return Finding(
            "error",
            "required" if found == 0 else "too_few_rows",
            f"/{child}",
            Text(
                zh=f"至少需要 {least} 行，现有 {found} 行。",
                en=f"At least {least} {'row is' if least == 1 else 'rows are'} needed; there are {found}.",
            ),
            Text(zh="请添加行。", en="Add rows."),
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


def _row_findings(kind: RowKind, record: Mapping[str, Any], env: Env, pointer: str) -> list[Finding]:
    findings = [
        Finding("error", "required", f"{pointer}/{key}", REQUIRED, FILL_IN)
        for key, field in kind.once("required", lambda: _required(kind))
        if record[key] is None and holds(field.required, record, env) and holds(field.visible, record, env)
    ]
    for rule in kind.checks:
        if rule.expression.evaluate(record, env) is False:
            where = f"{pointer}/{rule.field}" if rule.field else pointer
            message = Text(zh=rule.message["zh"], en=rule.message["en"])
            findings.append(Finding("error", rule.code, where, message, NO_FIX))
    return findings


def _required(kind: RowKind) -> list[tuple[str, Field]]:
    return [(field.key, field) for field in kind.fields.values() if field.required is not False]


def _missing_targets(save: Saving) -> list[Finding]:
    """New references to records that do not exist."""
    findings: list[Finding] = []
    _missing_in(save, save.form, save.after, save.before, "", findings)
    for child in save.form.children.values():
        if not child.naming:
            continue
        before = {row["id"]: row for row in (save.before or {}).get(child.key, [])}
        for index, row in enumerate(save.after[child.key]):
            _missing_in(save, child, row, before.get(row["id"]), f"/{child.key}/{index}", findings)
    return findings


def _missing_in(
    save: Saving,
    kind: RowKind,
    record: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    pointer: str,
    findings: list[Finding],
) -> None:
    for key, target, field in kind.once("named", lambda: _naming(kind)):
        value = record[key]
        if value is None or (before is not None and value == before.get(key)):
            continue
        if target is None:
            findings += [
                _not_there(f"{pointer}/{key}{named.pointer}")
                for named in new_names(field, value, before)
                if not _exists(save, named.form, named.record)
            ]
        elif not _exists(save, target, value):
            findings.append(_not_there(f"{pointer}/{key}"))


def _naming(kind: RowKind) -> list[tuple[str, str | None, Field]]:
    return [(field.key, _only_target(field), field) for field in kind.naming]


def _only_target(field: Field) -> str | None:
    """The form of a field whose value is the id of one record."""
    return field.target if field.refers else None


def _not_there(pointer: str) -> Finding:
    return Finding(
        "error",
        "not_found",
        pointer,
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


def _exists(save: Saving, form: str, value: str) -> bool:
    work = save.work
    if form in SYSTEM_KEYS and _acts(work.principal, form, value):
        return True
    known = work.memory.setdefault("existing", {})
    app, inner = (save.app, form) if form in SYSTEM_KEYS else save.app.home(form)
    key = (app.key, inner, value)
    if key not in known:
        system = SYSTEM_FORMS.get(form)
        if system is None:
            target = app.kind("form").get(inner)
            known[key] = target is not None and exists(work, target, value)
        else:
            known[key] = _is_known(save, system, value)
    return bool(known[key])


def _is_known(save: Saving, system: SystemForm, key: str) -> bool:
    """Whether there is such a user or department. Nobody deletes a user, so one that was committed is remembered;
    a department may be removed, by another process too.
    """
    known, place = save.work.runtime.known_users, (system.key, key)
    if place in known:
        return True
    fresh = system.key == USER.key and save.work.writes == 0
    found = save.env.follow(system.key, key) is not None
    if found and fresh:
        if len(known) >= MANY_USERS:
            known.clear()
        known.add(place)
    return found


def _acts(principal: Principal, form: str, value: str) -> bool:
    """Who saves is there and so is their department, as the form that a reference names says which is meant."""
    return value in (principal.user, SYSTEM_USER) if form == USER.key else value == principal.dept
