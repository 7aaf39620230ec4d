"""Types of derived fields: what a formula declares, where a lookup's path ends, what a rollup sums."""

from __future__ import annotations

from typing import Any

from engine.definitions.context import Context
from engine.findings import Text
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.field_type import Derived, FieldType
from forms.field_types.formula import Formula
from forms.read_fields import UNRESOLVED, all_rows, field_pointer, read_kind
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS


class Resolver:
    """Resolves the types of all derived fields; chains across forms are followed, cycles are findings."""

    def __init__(self, forms: dict[str, Form], context: Context) -> None:
        self.forms = forms
        self.context = context
        self._open: list[tuple[str, str | None, str]] = []

    def resolve_all(self) -> None:
        for form, child, _pointer in all_rows(self.forms.values()):
            for field in list((child or form).fields.values()):
                self.resolve(form, child, field)

    def resolve(self, form: Form, child: ChildTable | None, field: Field) -> None:
        """Give `field` its type."""
        if field.value_type is not UNRESOLVED or not isinstance(field.kind, Derived):
            return
        place = (form.key, child.key if child else None, field.key)
        pointer = field_pointer(form, child, field.key)
        if place in self._open:
            names = " → ".join(".".join(filter(None, each)) for each in [*self._open, place])
            self.context.error(
                "derived_cycle",
                pointer,
                Text(
                    zh=f"字段互相引用成环：{names}。",
                    en=f"Fields derive from each other in a circle: {names}.",
                ),
                Text(zh="请断开其中一处。", en="Break the circle at one place."),
            )
            return
        self._open.append(place)
        result = self._result(form, child, field, pointer)
        self._open.pop()
        if result is not None:
            field.kind.result, field.kind.operators = result, result.operators
            field.value_type, field.codec = result.value_type(), result.codec()

    def _result(self, form: Form, child: ChildTable | None, field: Field, pointer: str) -> FieldType | None:
        options: Any = field.kind.options
        if isinstance(field.kind, Formula):
            named = {"key": field.key, "label": options.label.model_dump(), **field.kind.declared()}
            kind = read_kind(named, f"{pointer}/result", self.context)
            if kind is not None and (kind.derived or kind.type == "subtable" or kind.layout or kind.parts):
                self.context.error(
                    "bad_result_type",
                    f"{pointer}/result",
                    Text(zh="公式结果须为普通类型。", en="The result of a formula is a plain type."),
                )
                return None
            return kind
        if field.source == "rollup":
            return self._rollup(form, options, pointer)
        return self._path_end(form, child, options.path.split("."), f"{pointer}/path")

    def _path_end(
        self, form: Form, child: ChildTable | None, path: list[str], pointer: str
    ) -> FieldType | None:
        here: Form | None = form
        fields = (child or form).fields
        for index, name in enumerate(path):
            if child is not None and index == 0 and name == "parent":
                fields = form.fields
                continue
            field = fields.get(name)
            if field is None:
                self.context.unknown("unknown_field", pointer, name, fields, Text(zh="字段", en="field"))
                return None
            if index == len(path) - 1:
                return self._kind_of(here, child if fields is not form.fields else None, field, pointer)
            if field.parts and index == len(path) - 2:
                part = (child or here or form).find(f"{name}{PART}{path[-1]}")
                if part is not None:
                    return part.kind
            target = field.target if not field.derived else self._target(here, field)
            here = self.forms.get(target or "") or self.context.abroad.get(target or "")
            child = None
            if here is None:
                return self._system_end(target, path[index + 1 :], pointer, name)
            fields = here.fields
        return None

    def _target(self, form: Form | None, field: Field) -> str | None:
        if form is not None:
            self.resolve(form, None, field)
        return field.value_type.form

    def _kind_of(
        self, form: Form | None, child: ChildTable | None, field: Field, pointer: str
    ) -> FieldType | None:
        if field.system:
            return self._system_kind(field)
        if field.parts:
            self._whole(field, pointer)
            return None
        if form is not None:
            self.resolve(form, child, field)
        return field.kind.result if isinstance(field.kind, Derived) and field.type != "auto" else field.kind

    def _whole(self, field: Field, pointer: str) -> None:
        """Only one part of a field can be derived from."""
        names = [f"{field.key}.{part.key.partition(PART)[2]}" for part in field.parts]
        self._refuse_whole(field.key, names, pointer)

    def _refuse_whole(self, key: str, names: list[str], pointer: str) -> None:
        self.context.error(
            "bad_path",
            pointer,
            Text(
                zh=f"“{key}”由几部分组成，不能整个引用。",
                en=f"'{key}' has several parts and cannot be taken as a whole.",
            ),
            Text(zh=f"请写其中一部分：{'、'.join(names)}。", en=f"Name one part: {', '.join(names)}."),
        )

    def _system_kind(self, field: Field) -> FieldType | None:
        types = {"moment": "datetime", "integer": "int", "text": "text"}
        name = types[field.codec.storage]
        if field.value_type.form in SYSTEM_FORMS:
            name = str(field.value_type.form)
        return self._plain(name, field.key)

    def _system_end(self, target: str | None, rest: list[str], pointer: str, name: str) -> FieldType | None:
        system = SYSTEM_FORMS.get(target or "")
        if system is not None and PART.join(rest) in system.parts:
            return self._plain("text", name)
        if system is not None and rest == [system.label]:
            self._refuse_whole(system.label, [part.replace(PART, ".") for part in system.parts], pointer)
            return None
        if system is None or len(rest) != 1 or rest[0] not in system.columns:
            self.context.error(
                "bad_path",
                pointer,
                Text(
                    zh=f"“{name}”不是引用字段，或其后的路径无效。",
                    en=f"'{name}' is not a reference, or the path after it leads nowhere.",
                ),
            )
            return None
        kind = system.columns[rest[0]]
        return self._plain(
            kind.form if kind.form in SYSTEM_FORMS else ("bool" if kind.kind == "bool" else "text"), rest[0]
        )

    def _plain(self, name: str | None, key: str) -> FieldType | None:
        label = {"zh": key, "en": key}
        raw = {"key": "value", "type": name, "label": label}
        return read_kind(raw, "", self.context)

    def _rollup(self, form: Form, options: Any, pointer: str) -> FieldType | None:
        name, _, rows = options.form.partition(".")
        whole = self.forms.get(name)
        source: RowKind | None = whole.children.get(rows) if whole is not None and rows else whole
        if whole is None or source is None:
            known = [
                *self.forms,
                *(f"{key}.{child}" for key, form in self.forms.items() for child in form.children),
            ]
            self.context.unknown(
                "unknown_form", f"{pointer}/form", options.form, known, Text(zh="表单", en="form")
            )
            return None
        link = source.fields.get(options.link)
        if link is None or form.key not in link.targets:
            self.context.error(
                "bad_link",
                f"{pointer}/link",
                Text(
                    zh=f"“{options.link}”不是“{options.form}”中指向本表单的引用字段。",
                    en=f"'{options.link}' is not a field of '{options.form}' that refers to this form.",
                ),
            )
            return None
        if options.agg == "count":
            return self._plain("int", "value")
        child = whole.children.get(rows)
        wanted = options.field or ""
        if rows and wanted.startswith("parent."):
            source, child, wanted = whole, None, wanted.removeprefix("parent.")
        field = source.find(wanted.replace(".", PART))
        if field is None:
            self.context.unknown(
                "unknown_field",
                f"{pointer}/field",
                str(options.field),
                source.fields,
                Text(zh="字段", en="field"),
            )
            return None
        if options.agg == "distinct":
            return self._plain("int", "value")
        kind = self._kind_of(whole, child, field, pointer)
        if kind is not None and options.agg in ("sum", "avg") and not kind.value_type().numeric:
            self.context.error(
                "not_a_number",
                f"{pointer}/field",
                Text(zh="只有数字字段可以求和或求平均。", en="Only numbers can be summed or averaged."),
            )
            return None
        return kind
