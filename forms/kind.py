"""The definition kinds of this package: option sets and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.plan import Risk, Step
from engine.findings import Text
from engine.jobs import enqueue
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork
from forms.compile import compile_forms
from forms.compiled import Field, Form, RowKind
from forms.read_fields import field_pointer
from forms.schema import FormDocument, OptionSetDocument
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

    def plan(self, before: CompiledApp | None, after: CompiledApp) -> list[Step]:
        old: Mapping[str, Form] = before.kind("form") if before else {}
        return list(_steps(old, after.kind("form")))

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        old: dict[str, Form] = dict(before.kind("form")) if before else {}
        new: dict[str, Form] = dict(after.kind("form"))
        extend_tables(work, old, new)
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
    columns = {unique.column for unique in after.uniques}
    known = {unique.column for unique in before.uniques}
    fresh = {field.key for field in after.fields.values()} - before.fields.keys()
    for unique in after.uniques:
        if unique.column not in known and not set(unique.fields) & fresh:
            yield _step(
                "add_unique",
                "destructive",
                f"/forms/{form.key}",
                f"为已有字段“{'、'.join(unique.fields)}”增加唯一约束。",
                f"A unique constraint is added to existing fields: {', '.join(unique.fields)}.",
            )
    for column in known - columns:
        yield _removed(f"/forms/{form.key}", column)


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
    lost = set(before.value_type.options or ()) - set(after.value_type.options or ())
    if lost and same_value:
        yield _step(
            "remove_options",
            "destructive",
            f"{pointer}/options",
            f"字段“{after.key}”去掉了选项：{'、'.join(sorted(lost))}。",
            f"The field '{after.key}' loses options: {', '.join(sorted(lost))}.",
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
