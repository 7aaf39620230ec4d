"""Compiles all forms of an app together: fields, derived types, expressions, order of computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Scope, Type
from engine.expressions import types as t
from engine.findings import Text
from forms.abroad import refuse_kept, refuse_unique
from forms.apart import compile_apart
from forms.choosing import choices_of
from forms.compiled import CheckRule, ChildTable, Field, Form, Rollup, RowKind, Rule, UniqueRule, label_of
from forms.dependencies import arrange
from forms.draws import compile_draws
from forms.duplicates import refuse_unfit
from forms.field_type import Reading
from forms.field_types.formula import Formula
from forms.linked import Linked, compile_linked
from forms.outline import outlines, shape_forms
from forms.read_fields import all_rows, child_pointer, field_pointer, read_form
from forms.referring import refuse_referring
from forms.relations import check_relations
from forms.resolve import Resolver
from forms.schema import FormDocument, FromRecords, Unique, Validation
from forms.sealing import refuse_leaks, seal_fields
from forms.search.fields import read_search
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS
from forms.uniques import shadow_column
from forms.values import Problem


def compile_forms(documents: Mapping[str, FormDocument], context: Context) -> dict[str, Form]:
    """The compiled forms by key; what is wrong goes to `context`."""
    forms = {key: read_form(document, context) for key, document in documents.items()}
    context.abroad.update(outlines(context))
    Resolver(forms, context).resolve_all()
    for system in SYSTEM_FORMS.values():
        context.shapes[system.key] = system.shape()
    shape_forms(forms.values())
    context.shapes.update({key: form.shape for key, form in context.abroad.items()})
    seal_fields(forms.values(), context)
    context.shapes.update({key: form.shape for key, form in forms.items()})
    for form, child, _pointer in all_rows(forms.values()):
        check_relations(form, child, forms, context)
    for form in forms.values():
        form.reading = Reading(zone=_zone(context))
        form.title = _title(form, context)
        for child in (None, *form.children.values()):
            RowCompiler(form, child, context).compile()
        whole = RowCompiler(form, None, context)
        for child in form.children.values():
            whole.child_conditions(child)
        compile_draws(form, forms, context)
        compile_apart(form, context)
    for form in forms.values():
        form.search = read_search(form, context)
    if not context.failed:
        refuse_leaks(forms, context)
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


def rollup_field(field: str | None, rows: str) -> str | None:
    """The field of a rollup as its table has it; that of the record of child rows stays `parent.x`."""
    if field is None or not rows or not field.startswith("parent."):
        return field.replace(".", PART) if field else None
    return "parent." + field.removeprefix("parent.").replace(".", PART)


def row_scope(form: Form, child: ChildTable | None, context: Context, **extra: bool) -> Scope:
    """What expressions of a form see, or those of the rows of a child table. Validations know what was `old`."""
    return context.scope((child or form).shape, parent=form.shape if child else None, **extra)


def _limits(field: Field) -> bool:
    """Whether not every option may always be chosen."""
    archived = any(getattr(option, "archived", False) for option in choices_of(field).values())
    return field.offered is not None or bool(field.choosable) or archived


def _same_values(one: Type, other: Type) -> bool:
    """Whether a value of the first type is one of the second as it is."""
    if one.kind in ("text", "choice") and other.kind == "text":
        return True
    return (one.kind, one.scale, one.form, one.currency, one.options) == (
        other.kind,
        other.scale,
        other.form,
        other.currency,
        other.options,
    )


class RowCompiler:
    """Compiles the expressions of one form, or of one of its child tables."""

    def __init__(self, form: Form, child: ChildTable | None, context: Context) -> None:
        self.form = form
        self.child = child
        self.row: RowKind = child or form
        self.context = context
        self.scope = row_scope(form, child, context)

    def compile(self) -> None:
        for field in self.row.fields.values():
            if not field.system:
                self._field(field, field_pointer(self.form, self.child, field.key))
        document: Any = self.form.document
        pointer = f"/forms/{self.form.key}"
        if self.child is not None:
            document = self.child.document
            pointer = child_pointer(self.form, self.child.key)
        for item in self.row.layout:
            where = f"{field_pointer(self.form, self.child, item.key)}/visible"
            item.visible = self._condition(item.kind.options.visible, where)
        self.row.presets = tuple(each for each in self.row.fields.values() if each.preset is not None)
        self.row.choosing = tuple(each for each in self.row.fields.values() if _limits(each))
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
        rules = [
            (each.across or self.child is None, rule)
            for index, each in enumerate([*uniques, *document.unique])
            if (rule := self._unique(each, f"{pointer}/unique/{index - len(uniques)}")) is not None
        ]
        self.row.uniques = tuple({rule.column: rule for across, rule in rules if across}.values())
        self.row.distinct = tuple(rule for across, rule in rules if not across)
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
        refuse_unfit(field, pointer, self.context, in_rows=self.child is not None)
        field.required = self._condition(options.required, f"{pointer}/required")
        field.visible = self._condition(options.visible, f"{pointer}/visible")
        field.readonly = self._condition(options.readonly, f"{pointer}/readonly")
        if isinstance(field.kind, Formula):
            field.expression = self.context.expression(
                field.kind.expression(), f"{pointer}/{field.kind.place}", self.scope, expect=field.value_type
            )
        elif field.type in ("lookup", "copy"):
            field.expression = self.context.expression(options.path, f"{pointer}/path", self.scope)
            self._needs_reference(options.path, pointer)
            refuse_kept(field, field.expression, f"{pointer}/path", self.context)
        elif field.source == "rollup":
            field.rollup = self._rollup(options, pointer)
        if options.default is not None and not field.derived:
            self._default(field, options.default, f"{pointer}/default")
        if options.default_from is not None and not field.derived:
            field.preset = self._linked(options.default_from, f"{pointer}/default_from", field.value_type)
        if getattr(options, "options_from", None) is not None:
            wanted = t.TEXT if field.value_type.kind == "choices" else field.value_type
            field.offered = self._linked(options.options_from, f"{pointer}/options_from", wanted)
        field.choosable = {
            key: self._condition(raw, f"{pointer}/options_when/{key}")
            for key, raw in getattr(options, "options_when", {}).items()
            if self._is_option(field, key, f"{pointer}/options_when/{key}")
        }

    def _linked(self, document: FromRecords, pointer: str, wanted: Type) -> Linked | None:
        parent = self.form.shape if self.child is not None else None
        linked = compile_linked(document, pointer, self.context, self.row.shape, parent)
        shape = self.context.shape(document.form) if linked is not None else None
        found = shape.type_of(document.value) if shape is not None else None
        if found is None or _same_values(found, wanted):
            return linked
        self.context.error(
            "wrong_type",
            f"{pointer}/value",
            Text(
                zh=f"“{document.value}”是{found.label['zh']}，此处应为{wanted.label['zh']}。",
                en=f"'{document.value}' is {found.label['en']}; {wanted.label['en']} is wanted here.",
            ),
        )
        return None

    def _is_option(self, field: Field, key: str, pointer: str) -> bool:
        known = choices_of(field)
        if key not in known:
            self.context.unknown("unknown_option", pointer, key, known, Text(zh="选项", en="option"))
        return key in known

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
                raw["expr"], f"{pointer}/expr", self.scope, expect=field.value_type.item or field.value_type
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
        form, _, rows = options.form.partition(".")
        whole = self.context.shape(form)
        shape = whole.child(rows) if rows and whole is not None else whole
        if shape is None:
            return None
        where: CheckedExpression | None = None
        if options.where is not True:
            scope = self.context.scope(shape, parent=whole if rows else None)
            where = self.context.expression(options.where, f"{pointer}/where", scope, expect=t.BOOL, sql=True)
            where = refuse_referring(where, f"{pointer}/where", self.context)
        field = rollup_field(options.field, rows)
        paths = [(options.link,), *(where.dependencies if where is not None else ())]
        paths += [tuple(field.split("."))] if field else []
        reads = frozenset(
            (None, path[1]) if rows and path[0] == "parent" else (rows or None, path[0]) for path in paths
        )
        depends = frozenset(child or key for child, key in reads)
        return Rollup(form, options.link, options.agg, field, where, depends, rows or None, reads)

    def _check(self, rule: Validation, pointer: str) -> CheckRule | None:
        scope = row_scope(self.form, self.child, self.context, old=True)
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
            when = refuse_referring(when, f"{pointer}/when", self.context)
            refuse_unique(when, f"{pointer}/when", self.context)
        return UniqueRule(
            shadow_column([self.row.column_of(key) for key in rule.fields], when, keyed=self._sealed(rule)),
            tuple(rule.fields),
            when,
            rule.code,
            label_of(rule.message, rule.code) if rule.message else None,
            self.context.ring.blind if self.context.ring is not None and self._sealed(rule) else None,
        )

    def _sealed(self, rule: Unique) -> bool:
        return any(self.row.fields[key].sealed for key in rule.fields)

    def _indexes(self, wanted: Sequence[Sequence[str]], pointer: str) -> None:
        indexes: list[tuple[str, ...]] = []
        for index, fields in enumerate(wanted):
            keys = [key.replace(".", PART) for key in fields]
            unknown = [key for key in keys if self.row.find(key) is None]
            if unknown:
                self.context.unknown(
                    "unknown_field",
                    f"{pointer}/indexes/{index}",
                    unknown[0],
                    self.row.fields,
                    Text(zh="字段", en="field"),
                )
            elif fields:
                indexes.append(tuple(keys))
        singles = [
            (field.key,)
            for field in self.row.fields.values()
            if not field.system and (field.kind.options.index or (field.targets and not field.several))
        ]
        wanted_too = [("owner",), ("created_at",)]
        self.form.indexes = tuple(dict.fromkeys(map(self._columns, [*singles, *indexes, *wanted_too])))

    def _columns(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of fields: of a field with parts, those of its parts."""
        found = [self.row.find(key) for key in keys]
        return tuple(each.key for field in found if field for each in (field.parts or (field,)))
