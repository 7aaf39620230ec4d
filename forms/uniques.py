"""Unique values: the shadow columns that the database guards, and rows of one record that are alike."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.expressions import CheckedExpression, Env
from engine.findings import Finding, Text
from forms.compiled import ChildTable, Form, RowKind, UniqueRule
from forms.tables import index_name

OTHER_VALUE = Text(zh="请使用其他值。", en="Use another value.")


def shadow_column(columns: Sequence[str], when: CheckedExpression | None, *, keyed: bool) -> str:
    """The column of a unique constraint: its name tells the columns of the fields, the condition and how it
    is hashed, since with another of these it holds other values.
    """
    said = "\x1f".join((*columns, when.text() if when is not None else "", "keyed" if keyed else ""))
    return f"_unique_{hashlib.blake2b(said.encode(), digest_size=4).hexdigest()}_{'_'.join(columns)}"[:60]


def unique_keys(kind: RowKind, record: Mapping[str, Any], env: Env) -> dict[str, str | None]:
    """The shadow columns of a row: a hash of the normalised values, or None where the rule does not apply;
    and the blind indexes of its encrypted fields.
    """
    keys = {rule.column: _unique_key(kind, rule, record, env) for rule in kind.uniques}
    for blind in kind.blinds:
        keys[blind.column] = blind.of(record.get(blind.field))
    return keys


def _unique_key(kind: RowKind, rule: UniqueRule, record: Mapping[str, Any], env: Env) -> str | None:
    text = _compared(rule, record, env)
    if text is None or record.get("deleted_at") is not None:
        return None
    if rule.keyed is not None:
        return rule.keyed(f"{kind.table}.{rule.column}", text)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _compared(rule: UniqueRule, record: Mapping[str, Any], env: Env) -> str | None:
    """The values of a rule as one text; None where it does not apply: all are empty, or it asks for more."""
    values = [record[key] for key in rule.fields]
    if all(value is None for value in values):
        return None
    if rule.when is not None and not rule.when.holds(record, env):
        return None
    return "\x1f".join("\x00" if value is None else normal(value) for value in values)


def normal(value: Any) -> str:
    """A value as unique constraints compare it: trimmed, NFKC, without case."""
    return unicodedata.normalize("NFKC", str(value)).strip().casefold()


def doubles_within(child: ChildTable, rows: Sequence[Mapping[str, Any]], env: Env) -> Iterator[Finding]:
    """Rows of one record that are like an earlier one."""
    for rule in child.distinct:
        known: dict[str, int] = {}
        for index, row in enumerate(rows):
            text = _compared(rule, row, env)
            if text is None:
                continue
            first = known.setdefault(text, index)
            if first != index:
                yield double_row(child, rule, index, first)


def double_row(child: ChildTable, rule: UniqueRule, index: int, first: int) -> Finding:
    """The finding for a row that is like an earlier one of its record."""
    names_zh, names_en = _names(child, rule)
    message = _own(rule) or Text(
        zh=f"{names_zh}与第 {first + 1} 行重复。", en=f"{names_en}: the same as in row {first + 1}."
    )
    return Finding("error", rule.code, f"/{child.key}/{index}/{rule.fields[0]}", message, OTHER_VALUE)


def double(kind: RowKind, column: str, pointer: str) -> Finding:
    """The finding for a unique key that another record has."""
    rule = next(rule for rule in kind.uniques if rule.column == column)
    names_zh, names_en = _names(kind, rule)
    message = _own(rule) or Text(zh=f"{names_zh}已存在。", en=f"{names_en}: this value exists already.")
    return Finding("error", rule.code, f"{pointer}/{rule.fields[0]}", message, OTHER_VALUE)


def double_of(form: Form, wrong: Exception) -> Finding | None:
    """The finding for a violated unique index, or None when something else went wrong. Which of several child rows
    it was the database does not say.
    """
    text = str(wrong)
    if "unique" not in text.lower():
        return None
    for kind in (form, *form.children.values()):
        for rule in kind.uniques:
            column = rf"{re.escape(kind.table)}\.{re.escape(rule.column)}\b"
            if re.search(column, text) or f'"{index_name(kind.table, rule.column)}"' in text:
                found = double(kind, rule.column, "")
                return found if kind is form else replace(found, pointer=f"/{kind.key}")
    return None


def _names(kind: RowKind, rule: UniqueRule) -> tuple[str, str]:
    labels = [kind.fields[key].label for key in rule.fields]
    return "、".join(label["zh"] for label in labels), ", ".join(label["en"] for label in labels)


def _own(rule: UniqueRule) -> Text | None:
    return Text(zh=rule.message["zh"], en=rule.message["en"]) if rule.message else None
