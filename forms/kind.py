"""The definition kinds of this package: option sets and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.definitions.plan import Risk, Step
from engine.findings import Text
from engine.jobs import enqueue
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork
from forms.backfill_keys import arm as arm_keys
from forms.compile import compile_forms
from forms.compiled import Field, Form, RowKind
from forms.places import place_in_form
from forms.read_fields import field_pointer
from forms.recycle.purge import arm_purge
from forms.reseal import arm as arm_reseal
from forms.schema import FormDocument, OptionSetDocument
from forms.search.backfill import arm_search
from forms.shadows import extend_shadows
from forms.tables import extend_tables


class OptionSetKind(DefinitionKind):
    type = "option_set"
    folder = "option_sets"
    rank = 10
    Model = OptionSetDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(documents)


class FormKind(DefinitionKind):
    type = "form"
    folder = "forms"
    rank = 20
    Model = FormDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(compile_forms(documents, context))

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        return place_in_form(asked, context)

    def plan(self, before: CompiledApp | None, after: CompiledApp) -> list[Step]:
        old: Mapping[str, Form] = before.kind("form") if before else {}
        return list(_steps(old, after.kind("form")))

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        old: dict[str, Form] = dict(before.kind("form")) if before else {}
        new: dict[str, Form] = dict(after.kind("form"))
        extend_tables(work, old, new)
        extend_shadows(work, old, new)
        arm_purge(work, after, before)
        arm_keys(work, after, old)
        arm_search(work, old, after)
        arm_reseal(work, after, old)
        for key, form in new.items():
            if key in old and _needs_backfill(old[key], form):
                enqueue(
                    work,
                    "backfill",
                    {"app": after.key, "form": key, "after": ""},
                    unique=f"backfill:{after.key}:{key}:{after.version}",
                    app=after.key,
                )


def _steps(before: Mapping[str, Form], after: Mapping[str, Form]) -> Iterator[Step]:
    for key, form in after.items():
        if key not in before:
            yield _step(
                "add_form", "safe", f"/forms/{key}", f"新增表单“{key}”。", f"The form '{key}' is added."
            )
        else:
            yield from _row_steps(form, before[key], form, None)
            for name, child in form.children.items():
                if name in before[key].children:
                    yield from _row_steps(form, before[key].children[name], child, name)
            for name in before[key].children.keys() - form.children.keys():
                yield _removed(f"/forms/{key}", f"{key}.{name}")
    for key in before.keys() - after.keys():
        yield _removed(f"/forms/{key}", key)


def _row_steps(form: Form, before: RowKind, after: RowKind, child: str | None) -> Iterator[Step]:
    for key, field in after.fields.items():
        pointer = field_pointer(form, form.children.get(child or ""), key)
        if key not in before.fields:
            yield _step("add_field", "safe", pointer, f"新增字段“{key}”。", f"The field '{key}' is added.")
        else:
            yield from _field_steps(pointer, before.fields[key], field)
    for key in before.fields.keys() - after.fields.keys():
        yield _removed(f"/forms/{form.key}", f"{child}.{key}" if child else key)
    yield from _unique_steps(f"/forms/{form.key}", before, after)


def _unique_steps(pointer: str, before: RowKind, after: RowKind) -> Iterator[Step]:
    known = {unique.column for unique in before.uniques}
    fresh = {field.key for field in after.fields.values()} - before.fields.keys()
    for unique in after.uniques:
        if unique.column not in known and not set(unique.fields) & fresh:
            yield _step(
                "add_unique",
                "warn",
                pointer,
                f"为已有字段“{'、'.join(unique.fields)}”增加唯一约束；已重复的记录会逐一列出，改正前不受约束。",
                f"A unique constraint is added to existing fields: {', '.join(unique.fields)}. Records that "
                "break it already are listed and stay outside until they are corrected.",
            )
    columns = {unique.column for unique in after.uniques}
    for unique in before.uniques:
        if unique.column not in columns:
            names = unique.fields
            yield _step(
                "remove_unique",
                "warn",
                pointer,
                f"不再要求“{'、'.join(names)}”唯一。",
                f"{', '.join(names)} need no longer be unique.",
            )


def _field_steps(pointer: str, before: Field, after: Field) -> Iterator[Step]:
    same_value = (
        before.value_type.kind,
        before.value_type.scale,
        before.value_type.form,
        before.value_type.currency,
    ) == (
        after.value_type.kind,
        after.value_type.scale,
        after.value_type.form,
        after.value_type.currency,
    )
    if before.type != after.type or not same_value:
        yield _step(
            "change_type",
            "destructive",
            f"{pointer}/type",
            f"字段“{after.key}”的类型改变。",
            f"The type of field '{after.key}' changes.",
        )
    if before.sealed != after.sealed:
        yield from _sealing_steps(pointer, before, after)
    lost = set(before.value_type.options or ()) - set(after.value_type.options or ())
    if lost and same_value:
        yield _step(
            "remove_options",
            "destructive",
            f"{pointer}/options",
            f"字段“{after.key}”去掉了选项：{'、'.join(sorted(lost))}。",
            f"The field '{after.key}' loses options: {', '.join(sorted(lost))}.",
        )


def _sealing_steps(pointer: str, before: Field, after: Field) -> Iterator[Step]:
    if before.sealed:
        yield _step(
            "decrypt",
            "destructive",
            f"{pointer}/encrypt",
            f"字段“{after.key}”不再加密。",
            f"The field '{after.key}' is no longer encrypted.",
        )
        return
    yield _step(
        "encrypt",
        "warn" if before.codec.storage == "text" else "destructive",
        f"{pointer}/encrypt",
        f"字段“{after.key}”的现有值将在后台加密；修改历史中此前的值不变。",
        f"Stored values of '{after.key}' are encrypted by a job; what the history kept before stays as it is.",
    )


def _removed(pointer: str, name: str) -> Step:
    return _step("remove", "destructive", pointer, f"删除“{name}”。", f"'{name}' is removed.")


def _step(action: str, risk: Risk, pointer: str, zh: str, en: str) -> Step:
    return Step(action, risk, pointer, Text(zh=zh, en=en))


def _needs_backfill(before: Form, after: Form) -> bool:
    """Whether stored rows lack values that the engine computes."""
    for old, new in [(before, after)] + [
        (before.children[key], child) for key, child in after.children.items() if key in before.children
    ]:
        for field in new.stored():
            known = old.fields.get(field.key)
            if (
                field.derived
                and field.source != "auto"
                and (known is None or not known.stored or _text(known) != _text(field))
            ):
                return True
    return False


def _text(field: Field) -> object:
    rollup = field.rollup
    where = rollup.where.text() if rollup and rollup.where else None
    return (
        field.expression.text() if field.expression else None,
        rollup and (rollup.agg, rollup.field, where),
    )
