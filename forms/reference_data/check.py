"""Checks reference data: keys, values and what rows name, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from engine.definitions.context import Context
from engine.errors import Invalid
from engine.findings import Finding, Text, error, text, under
from forms.compiled import Form, RowKind
from forms.file_field import FileField
from forms.reading_json import reader
from forms.reference_data.rows import DataRow, DataSet, Naming, Node, names, replaced, row_key
from forms.reference_data.schema import DataDocument

PLACEHOLDER = "00000000-0000-0000-0000-000000000000"


def compile_data(documents: Mapping[str, DataDocument], context: Context) -> dict[str, DataSet]:
    """The data sets by form; what is wrong goes to `context` as findings."""
    forms: Mapping[str, Form] = context.compiled.get("form", {})
    sets: dict[str, DataSet] = {}
    for key, document in documents.items():
        form = forms.get(key)
        if form is None:
            if key not in context.documents["form"]:
                what = text("表单", "form")
                context.unknown("unknown_form", f"/data/{key}/key", key, context.documents["form"], what)
            continue
        if _key_stands(form, document, context):
            sets[key] = DataSet(key, document.on, tuple(_rows(form, document, context)))
    for found in sets.values():
        for row in found.rows:
            context.findings.extend(_check_row(forms[found.form], row, sets))
    _check_cycles(forms, sets, context)
    return sets


def _key_stands(form: Form, document: DataDocument, context: Context) -> bool:
    """Whether `on` is a unique constraint that holds for every record."""
    for rule in form.uniques:
        if rule.when is None and rule.keyed is None and set(rule.fields) == set(document.on):
            return True
    context.error(
        "not_a_key",
        f"/data/{form.key}/on",
        text("这些字段合起来不是该表单的唯一键。", "These fields together are no unique key of the form."),
        text(
            "请使用无条件的唯一字段或唯一组合。", "Name the fields of a unique constraint without condition."
        ),
    )
    return False


def _rows(form: Form, document: DataDocument, context: Context) -> Iterator[DataRow]:
    known: dict[str, int] = {}
    for index, body in enumerate(document.rows):
        pointer = f"/data/{form.key}/rows/{index}"
        key = row_key(document.on, body)
        if key is None:
            message = text("缺少键字段的值。", "A value of the key is missing.")
            context.error("key_missing", pointer, message, text("请补上。", "Add it."))
        elif key in known:
            message = text(
                f"与第 {known[key] + 1} 行的键相同。", f"It has the same key as row {known[key] + 1}."
            )
            context.error("key_twice", pointer, message, text("请删除其一。", "Remove one of them."))
        else:
            known[key] = index
            yield DataRow(form.key, key, index, body)


def _check_row(form: Form, row: DataRow, sets: Mapping[str, DataSet]) -> list[Finding]:
    findings = [*_misplaced(form, row.body, row.pointer), *_unknown_rows(form, row, sets)]
    for key, child in form.children.items():
        rows = row.body.get(key)
        for index, each in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(each, Mapping):
                findings += _misplaced(child, each, f"{row.pointer}/{key}/{index}")
    if findings:
        return findings
    try:
        reader(form).read(replaced(form, row.body, lambda _: PLACEHOLDER))
    except Invalid as wrong:
        return under(row.pointer, wrong.findings)
    return []


def _misplaced(kind: RowKind, body: Mapping[str, object], pointer: str) -> list[Finding]:
    """Fields whose values are not for a document: files, what the engine computes, what is encrypted."""
    found = []
    for key in body:
        field = kind.fields.get(key)
        if field is not None and (field.derived or field.sealed or isinstance(field.kind, FileField)):
            found.append(
                error(
                    "not_for_data",
                    f"{pointer}/{key}",
                    Text(
                        zh=f"字段“{key}”（计算、编号、加密或附件）不能随应用携带。",
                        en=f"'{key}' is computed, numbered, encrypted or a file; it does not travel in data.",
                    ),
                    Text(zh="请去掉它。", en="Leave it out."),
                )
            )
    return found


def _unknown_rows(form: Form, row: DataRow, sets: Mapping[str, DataSet]) -> list[Finding]:
    return [
        _unknown_row(row, naming, known=naming.form in sets)
        for naming in names(form, row.body)
        if naming.form not in sets or naming.key not in _keys(sets[naming.form])
    ]


def _keys(found: DataSet) -> frozenset[str]:
    return frozenset(found.by_key())


def _unknown_row(row: DataRow, naming: Naming, *, known: bool) -> Finding:
    if known:
        return error(
            "unknown_row",
            row.pointer + naming.pointer,
            Text(
                zh=f"data/{naming.form}.json 中没有键为 {naming.key} 的行。",
                en=f"data/{naming.form}.json has no row with the key {naming.key}.",
            ),
            Text(zh="请检查键，或补上该行。", en="Check the key, or add the row."),
        )
    return error(
        "unknown_row",
        row.pointer + naming.pointer,
        Text(
            zh=f"表单“{naming.form}”没有随应用携带的数据。",
            en=f"No data of the form '{naming.form}' comes with the app.",
        ),
        Text(
            zh=f"请在 data/{naming.form}.json 中写出被引用的行。",
            en=f"Write the rows that are named into data/{naming.form}.json.",
        ),
    )


def _check_cycles(forms: Mapping[str, Form], sets: Mapping[str, DataSet], context: Context) -> None:
    try:
        ordered(forms, sets)
    except CycleError as wrong:
        form, key = wrong.args[1][0]
        message = text(f"行 {key} 经引用绕回自身。", f"References lead from the row {key} back to itself.")
        fix = text("请去掉其中一个引用。", "Leave one of the references out.")
        context.error("data_cycle", f"/data/{form}", message, fix)


def ordered(forms: Mapping[str, Form], sets: Mapping[str, DataSet]) -> list[DataRow]:
    """All rows, each after those that it names. Raises CycleError."""
    rows: dict[Node, DataRow] = {row.node: row for found in sets.values() for row in found.rows}
    graph = {
        node: [
            (naming.form, naming.key)
            for naming in names(forms[row.form], row.body)
            if (naming.form, naming.key) in rows
        ]
        for node, row in rows.items()
    }
    return [rows[node] for node in TopologicalSorter(graph).static_order()]
