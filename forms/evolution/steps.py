"""The steps of a publish that concern stored records, with counts out of the store."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.plan import Risk, Step
from engine.findings import Finding, Text, error
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind
from forms.evolution.evolution import Changed, Clash, Evolution, Gone, pointer_of
from forms.evolution.fill import assess
from forms.evolution.in_use import count_rows, count_values, lost_in_use, lost_options
from forms.evolution.likeness import renamed_options
from forms.evolution.pairs import Renamed, row_pairs
from forms.evolution.repository import Parked

AT_ONCE = 20_000
"""Tables of up to so many rows are converted within the publish; larger ones by a job before it."""


def steps_of(work: UnitOfWork, found: Evolution) -> Iterator[Step]:
    """Every step, in the order of the forms."""
    fresh = {each.place for each in found.restored}
    moved = {(each.form.key, each.child, after.key) for each in found.moved for _, after in each.fields}
    for key in found.after:
        if key not in found.before:
            yield _step(
                "add_form", "safe", f"/forms/{key}", f"新增表单“{key}”。", f"The form '{key}' is added."
            )
    for renamed in found.renamed:
        yield _renamed(renamed)
    for entry in found.restored:
        yield _restored(entry)
    for form, child, was, row in row_pairs(found.before, found.after):
        yield from _row_steps(work, found, form, child, was, row, fresh | moved)
    for changed in found.changed:
        yield from changed_steps(work, changed)
    for gone in found.gone:
        if not gone.moved:
            yield _gone(work, gone)


def clashes_of(found: Evolution) -> Iterator[Finding]:
    """Keys that are taken by something parked of another kind."""
    for clash in found.clashes:
        yield _clash(clash)


def _row_steps(
    work: UnitOfWork,
    found: Evolution,
    form: Form,
    child: str | None,
    was: RowKind,
    row: RowKind,
    told: set[tuple[str, str | None, str | None]],
) -> Iterator[Step]:
    """`told` are fields that another step tells of."""
    for key, field in row.fields.items():
        pointer = pointer_of(form.key, child, key)
        if (form.key, child, key) in told:
            continue
        if key not in was.fields:
            yield from _added(work, pointer, was, field)
        else:
            yield from _options(pointer, was.fields[key], field)
            if was.fields[key].sealed < field.sealed:
                yield _sealed(pointer, key)
    earlier = found.before[form.key]
    if child is None:
        for name in form.children.keys() - earlier.children.keys():
            pointer = pointer_of(form.key, name, None)
            yield _step(
                "add_field", "safe", pointer, f"新增子表“{name}”。", f"The child table '{name}' is added."
            )
    yield from _uniques(pointer_of(form.key, child, None), was, row)


def _added(work: UnitOfWork, pointer: str, was: RowKind, field: Field) -> Iterator[Step]:
    key = field.key
    if field.required is not True or field.derived or field.default is not None or field.default_expression:
        yield _step("add_field", "safe", pointer, f"新增字段“{key}”。", f"The field '{key}' is added.")
        return
    rows = count_rows(work, was)
    yield _step(
        "add_field",
        "warn" if rows else "safe",
        pointer,
        f"新增必填字段“{key}”：已有 {rows} 行没有值；仍可查看，下次修改时须填写。",
        f"The required field '{key}' is added: {rows} rows have no value. They stay readable and must be "
        "completed when they are next changed.",
        rows=rows,
    )


def _options(pointer: str, before: Field, after: Field) -> Iterator[Step]:
    """Options that no row has may simply go."""
    for option in lost_options(before, after):
        yield _step(
            "remove_option",
            "safe",
            f"{pointer}/options/{option}",
            f"去掉选项“{option}”。",
            f"The option '{option}' is removed.",
        )


def _sealed(pointer: str, key: str) -> Step:
    return _step(
        "encrypt",
        "warn",
        pointer,
        f"字段“{key}”的现有值将在后台加密；修改历史中此前的值不变。",
        f"Stored values of '{key}' are encrypted by a job; what the history kept before stays as it is.",
    )


def changed_steps(work: UnitOfWork, changed: Changed) -> Iterator[Step]:
    """What a change of type or of options does to the values there are."""
    if changed.before.derived and changed.after.derived:
        yield _recomputed(changed)
        return
    used = lost_in_use(work, changed.was, changed.before, changed.after)
    same_type = changed.before.type == changed.after.type
    rows, failed = assess(work, changed)
    large = count_rows(work, changed.was) > AT_ONCE
    if same_type and (used or renamed_options(changed.before, changed.after)):
        yield from _changed_options(changed, used, rows, large=large)
        return
    key = changed.after.key
    if rows and changed.after.sealed < changed.before.sealed:
        yield _uncovered(changed, rows, failed, long=large)
        return
    risk: Risk = "destructive" if failed else "warn"
    yield _step(
        "change_type",
        risk,
        changed.pointer,
        f"字段“{key}”由 {changed.before.type} 改为 {changed.after.type}：{rows} 个值中有 {failed} 个无法转换。",
        f"The field '{key}' changes from {changed.before.type} to {changed.after.type}: {failed} of {rows} "
        "values will not convert.",
        rows=rows,
        lost=failed,
        long=large,
    )


def _uncovered(changed: Changed, rows: int, failed: int, *, long: bool) -> Step:
    """Nothing is lost but what the encryption was for: that has to be said by name."""
    key = changed.after.key
    return _step(
        "decrypt",
        "destructive",
        changed.pointer,
        f"字段“{key}”不再加密：{rows} 个值将以明文保存，其中 {failed} 个无法转换。",
        f"The field '{key}' is no longer encrypted: {rows} values will be stored in the clear, {failed} of them "
        "will not convert.",
        rows=rows,
        lost=failed,
        long=long,
    )


def _recomputed(changed: Changed) -> Step:
    key = changed.after.key
    return _step(
        "recompute",
        "safe",
        changed.pointer,
        f"字段“{key}”按新类型重新计算。",
        f"The field '{key}' is computed anew in its new type.",
    )


def _changed_options(changed: Changed, used: dict[str, int], rows: int, *, large: bool) -> Iterator[Step]:
    for old, new in renamed_options(changed.before, changed.after).items():
        yield _step(
            "map_option",
            "warn",
            f"{changed.pointer}/options/{old}",
            f"选项“{old}”的值改为“{new}”。",
            f"Values '{old}' become '{new}'.",
            rows=rows,
            long=large,
        )
    for option, count in used.items():
        yield _step(
            "remove_option",
            "destructive",
            f"{changed.pointer}/options/{option}",
            f"选项“{option}”仍有 {count} 行在用。请改为停用（archived），或在新选项中写 renamed_from: {option}；"
            "否则这些值将被清空并另行保存。",
            f"The option '{option}' is in use in {count} rows. Archive it, or let another option say "
            f"`renamed_from` {option}; otherwise these values become empty and are parked.",
            rows=count,
            lost=count,
            long=large,
        )


def _gone(work: UnitOfWork, gone: Gone) -> Step:
    what = gone.child if gone.key is None else gone.key
    if gone.field is not None and (gone.field.derived or not gone.field.stored):
        return _step(
            "remove_field",
            "safe",
            gone.pointer,
            f"去掉计算字段“{what}”。",
            f"The computed field '{what}' goes.",
        )
    if gone.field is not None:
        held, action = count_values(work, gone.row, gone.field), "remove_field"
        zh, en = f"去掉字段“{what}”：{held} 个值", f"The field '{what}' is removed: its {held} values"
    else:
        held = count_rows(work, gone.row)
        action = "remove_form" if gone.child is None else "remove_field"
        zh = f"去掉“{what or gone.form.key}”：{held} 行"
        en = f"'{what or gone.form.key}' is removed: its {held} rows"
    risk: Risk = "destructive" if held and not gone.broken else "warn"
    return _step(
        action,
        risk,
        gone.pointer,
        f"{zh}另行保存，可以恢复。",
        f"{en} are parked and can be restored.",
        rows=held,
        lost=held,
    )


def _renamed(renamed: Renamed) -> Step:
    if renamed.what == "form":
        pointer = pointer_of(renamed.after, None, None)
    else:
        pointer = pointer_of(renamed.form, renamed.child, renamed.after)
    return _step(
        "rename",
        "safe",
        pointer,
        f"“{renamed.before}”改名为“{renamed.after}”，数据不变。",
        f"'{renamed.before}' is called '{renamed.after}'; what is stored stays.",
    )


def _restored(entry: Parked) -> Step:
    return _step(
        "restore",
        "safe",
        pointer_of(*entry.place),
        f"“{entry.key or entry.child or entry.form}”及其 {entry.held} 个值恢复。",
        f"'{entry.key or entry.child or entry.form}' comes back with its {entry.held} values.",
        rows=entry.held,
    )


def _clash(clash: Clash) -> Finding:
    entry = clash.parked
    name = entry.key or entry.child or entry.form
    return error(
        "key_is_parked",
        clash.pointer,
        Text(
            zh=f"键“{name}”属于版本 {entry.version} 移除的内容，其 {entry.held} 个值仍保存着，且类型不同。",
            en=f"The key '{name}' belongs to what version {entry.version} removed; its {entry.held} values are "
            "parked and of another type.",
        ),
        Text(
            zh="请恢复或彻底清除被移除的内容，或换一个键。",
            en="Restore what is parked, purge it, or choose another key.",
        ),
    )


def _uniques(pointer: str, before: RowKind, after: RowKind) -> Iterator[Step]:
    known = {unique.fields for unique in before.uniques}
    fresh = after.fields.keys() - before.fields.keys()
    for unique in after.uniques:
        if unique.fields not in known and not set(unique.fields) & fresh:
            yield _step(
                "add_unique",
                "warn",
                pointer,
                f"为已有字段“{'、'.join(unique.fields)}”增加唯一约束；已重复的记录会逐一列出，改正前不受约束。",
                f"A unique constraint is added to existing fields: {', '.join(unique.fields)}. Records that "
                "break it already are listed and stay outside until they are corrected.",
            )
    columns = {unique.column for unique in after.uniques} | {unique.fields for unique in after.uniques}
    for unique in before.uniques:
        if unique.column not in columns and unique.fields not in columns:
            names = unique.fields
            yield _step(
                "remove_unique",
                "warn",
                pointer,
                f"不再要求“{'、'.join(names)}”唯一。",
                f"{', '.join(names)} need no longer be unique.",
            )


def _step(
    action: str,
    risk: Risk,
    pointer: str,
    zh: str,
    en: str,
    *,
    rows: int | None = None,
    lost: int | None = None,
    long: bool = False,
) -> Step:
    return Step(action, risk, pointer, Text(zh=zh, en=en), rows, lost, long)
