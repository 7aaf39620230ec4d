"""Compiles all forms of an app together: fields, derived types, expressions, order of computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.definitions.context import Context
from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.findings import Text
from forms.compiled import CheckRule, ChildTable, Field, Form, Rollup, RowKind, Rule, UniqueRule, label_of
from forms.dependencies import arrange
from forms.field_type import Reading
from forms.read_fields import all_rows, child_pointer, field_pointer, read_form
from forms.resolve import Resolver
from forms.schema import FormDocument, Unique, Validation
from forms.system_forms import SYSTEM_FORMS
from forms.values import Problem


def compile_forms(documents: Mapping[str, FormDocument], context: Context) -> dict[str, Form]:
    """The compiled forms by key; what is wrong goes to `context`."""
    forms = {key: read_form(document, context) for key, document in documents.items()}
    Resolver(forms, context).resolve_all()
    for system in SYSTEM_FORMS.values():
        context.shapes[system.key] = system.shape()
    for form, child, _pointer in all_rows(forms.values()):
        row: RowKind = child or form
        row.shape.types.update({key: field.value_type for key, field in row.fields.items()})
    context.shapes.update({key: form.shape for key, form in forms.items()})
    for form in forms.values():
        form.reading = Reading(zone=_zone(context))
        form.title = _title(form, context)
        for child in (None, *form.children.values()):
            RowCompiler(form, child, context).compile()
        whole = RowCompiler(form, None, context)
        for child in form.children.values():
            whole.child_conditions(child)
    if not context.failed:
        arrange(forms, context)
    return forms


def _zone(context: Context) -> ZoneInfo:
    return ZoneInfo(context.settings.tz)


def _title(form: Form, context: Context) -> str:
    wanted = form.document.title if form.document else None
    if wanted is not None:
        if wanted in form.fields:
            return wanted
        context.unknown(
            "unknown_field", f"/forms/{form.key}/title", wanted, form.fields, Text(zh="字段", en="field")
        )
    texts = [field.key for field in form.fields.values() if field.type in ("text", "auto")]
    return texts[0] if texts else "id"


class RowCompiler:
    """Compiles the expressions of one form, or of one of its child tables."""

    def __init__(self, form: Form, child: ChildTable | None, context: Context) -> None:
        self.form = form
        self.child = child
        self.row: RowKind = child or form
        self.context = context
        self.scope = context.scope(self.row.shape, parent=form.shape if child else None)

    def compile(self) -> None:
        for field in self.row.fields.values():
            if not field.system:
                self._field(field, field_pointer(self.form, self.child, field.key))
        document: Any = self.form.document
        pointer = f"/forms/{self.form.key}"
        if self.child is not None:
            document = self.child.document
            pointer = child_pointer(self.form, self.child.key)
        self.row.checks = tuple(
            check
            for index, each in enumerate(document.validations)
            if (check := self._check(each, f"{pointer}/validations/{index}")) is not None
        )
        uniques = [
            Unique(fields=[field.key])
            for field in self.row.fields.values()
            if not field.system and field.kind.options.unique
        ]
        self.row.uniques = tuple(
            rule
            for index, each in enumerate([*uniques, *document.unique])
            if (rule := self._unique(each, f"{pointer}/unique/{index - len(uniques)}")) is not None
        )
        if self.child is None:
            self._indexes(document.indexes, pointer)

    def child_conditions(self, child: ChildTable) -> None:
        """When a child table as a whole is required, shown or read-only, said in terms of its record."""
        pointer, options = child_pointer(self.form, child.key), child.document
        if options is not None:
            child.required = self._condition(options.required, f"{pointer}/required")
            child.visible = self._condition(options.visible, f"{pointer}/visible")
            child.readonly = self._condition(options.readonly, f"{pointer}/readonly")

    def _field(self, field: Field, pointer: str) -> None:
        options: Any = field.kind.options
        field.required = self._condition(options.required, f"{pointer}/required")
        field.visible = self._condition(options.visible, f"{pointer}/visible")
        field.readonly = self._condition(options.readonly, f"{pointer}/readonly")
        if field.type == "formula":
            field.expression = self.context.expression(
                options.expr, f"{pointer}/expr", self.scope, expect=field.value_type
            )
        elif field.type in ("lookup", "copy"):
            field.expression = self.context.expression(options.path, f"{pointer}/path", self.scope)
            self._needs_reference(options.path, pointer)
        elif field.type == "rollup":
            field.rollup = self._rollup(options, pointer)
        if options.default is not None and not field.derived:
            self._default(field, options.default, f"{pointer}/default")

    def _needs_reference(self, path: str, pointer: str) -> None:
        first = path.split(".", maxsplit=1)[0]
        field = self.row.fields.get(first)
        if first != "parent" and (field is None or field.value_type.kind != "ref"):
            self.context.error(
                "bad_path",
                f"{pointer}/path",
                Text(zh=f"“{first}”不是引用字段。", en=f"'{first}' is not a reference field."),
            )

    def _default(self, field: Field, raw: Any, pointer: str) -> None:
        if isinstance(raw, dict) and set(raw) == {"expr"}:
            field.default_expression = self.context.expression(
                raw["expr"], f"{pointer}/expr", self.scope, expect=field.value_type
            )
            return
        try:
            field.default = field.kind.parse(raw, Reading(zone=_zone(self.context)))
        except Problem as problem:
            self.context.error(problem.code, pointer, problem.message, problem.fix)

    def _condition(self, raw: Any, pointer: str) -> Rule:
        if isinstance(raw, bool):
            return raw
        checked = self.context.expression(raw, pointer, self.scope, expect=t.BOOL)
        return checked if checked is not None else False

    def _rollup(self, options: Any, pointer: str) -> Rollup | None:
        shape = self.context.shape(options.form)
        if shape is None:
            return None
        where: CheckedExpression | None = None
        if options.where is not True:
            where = self.context.expression(
                options.where, f"{pointer}/where", self.context.scope(shape), expect=t.BOOL, sql=True
            )
        reads = {path[0] for path in where.dependencies} if where is not None else set()
        depends = frozenset(reads | {options.link} | ({options.field} if options.field else set()))
        return Rollup(options.form, options.link, options.agg, options.field, where, depends)

    def _check(self, rule: Validation, pointer: str) -> CheckRule | None:
        scope = self.context.scope(self.row.shape, parent=self.scope.parent, old=True)
        expression = self.context.expression(rule.expr, f"{pointer}/expr", scope, expect=t.BOOL)
        if rule.field is not None and rule.field not in {*self.row.fields, *self.form.children}:
            self.context.unknown(
                "unknown_field", f"{pointer}/field", rule.field, self.row.fields, Text(zh="字段", en="field")
            )
            return None
        if expression is None:
            return None
        return CheckRule(rule.code, expression, rule.field, label_of(rule.message, rule.code))

    def _unique(self, rule: Unique, pointer: str) -> UniqueRule | None:
        for index, key in enumerate(rule.fields):
            field = self.row.fields.get(key)
            if field is None:
                self.context.unknown(
                    "unknown_field",
                    f"{pointer}/fields/{index}",
                    key,
                    self.row.fields,
                    Text(zh="字段", en="field"),
                )
                return None
        when = None
        if rule.when is not True:
            when = self.context.expression(rule.when, f"{pointer}/when", self.scope, expect=t.BOOL)
        return UniqueRule(
            f"_unique_{'_'.join(rule.fields)}"[:60],
            tuple(rule.fields),
            when,
            rule.code,
            label_of(rule.message, rule.code) if rule.message else None,
        )

    def _indexes(self, wanted: Sequence[Sequence[str]], pointer: str) -> None:
        indexes: list[tuple[str, ...]] = []
        for index, fields in enumerate(wanted):
            unknown = [key for key in fields if key not in self.row.fields]
            if unknown:
                self.context.unknown(
                    "unknown_field",
                    f"{pointer}/indexes/{index}",
                    unknown[0],
                    self.row.fields,
                    Text(zh="字段", en="field"),
                )
            elif fields:
                indexes.append(tuple(fields))
        singles = [
            (field.key,)
            for field in self.row.fields.values()
            if not field.system and (field.kind.options.index or field.refers)
        ]
        self.form.indexes = tuple(dict.fromkeys([*singles, *indexes, ("owner",), ("created_at",)]))
