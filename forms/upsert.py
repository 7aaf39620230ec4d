"""Create or update by a unique key of the form: what the key is, and which records have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import EngineError
from engine.findings import Text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.batch import BatchRefused, Item, Outcome, run_batch
from forms.compiled import Form, UniqueRule
from forms.environment import environment
from forms.reading_plan import UnknownField
from forms.rows import among, listed
from forms.tables import quoted
from forms.uniques import unique_keys
from forms.values import Problem

RECORD = re.compile(r"^(/items/[0-9]+)/record(?=/|$)")
"""Where a batch has the record of an item; here the item is the record."""


class NotAKey(EngineError):
    """These fields together are no unique key of the form."""

    code = "not_a_key"
    zh = "这些字段合起来不是该表单的唯一键。"
    fix_zh = "请使用表单中声明的唯一字段或唯一组合。"
    fix_en = "Name the fields of a unique constraint of the form."


def upsert(
    work: UnitOfWork, app: CompiledApp, form: Form, on: Sequence[str], bodies: Sequence[Any], *, atomic: bool
) -> list[Outcome]:
    """Update the record that has the same values in the fields `on`, or create one.

    `on` is a unique constraint of the form that has no condition. A body that lacks a field of it is created.
    Raises NotAKey, UnknownField, and as `run_batch`, with pointers into the bodies (`/items/3/amount`).
    """
    access = Access(work, app)
    rule = _rule(access, form, on)

    def choose(items: Sequence[Item]) -> Sequence[Item]:
        keys = [_key(access, form, rule, item.data) for item in items]
        known = _holders(work, form, rule, [key for key in keys if key is not None])
        return list(_chosen(items, keys, known))

    items = [Item("create", data=body) for body in bodies]
    try:
        return run_batch(work, app, form, items, atomic=atomic, choose=choose)
    except BatchRefused as refused:
        refused.findings = tuple(
            replace(each, pointer=RECORD.sub(r"\1", each.pointer)) for each in refused.findings
        )
        raise


def _chosen(items: Sequence[Item], keys: Sequence[str | None], known: dict[str, str]) -> Iterator[Item]:
    """A body whose key an earlier one of the same request has stays a creation: it fails, and the careful way
    finds the record that is there by then.
    """
    for item, key in zip(items, keys, strict=True):
        found = known.get(key) if key is not None else None
        yield Item("update", found, item.data) if found is not None else item


def _rule(access: Access, form: Form, on: Sequence[str]) -> UniqueRule:
    grants = access.seen(form.key)
    for name in on:
        if name not in form.fields or not grants.shows(name):
            raise UnknownField(
                Text(zh=f"表单中没有字段“{name[:80]}”。", en=f"The form has no field '{name[:80]}'."),
                pointer="/on",
            )
    for rule in form.uniques:
        if rule.when is None and set(rule.fields) == set(on):
            return rule
    raise NotAKey(pointer="/on")


def _key(access: Access, form: Form, rule: UniqueRule, data: Any) -> str | None:
    """The unique key of a body; None when a field of it is missing or no value of its type."""
    if not isinstance(data, dict) or form.reading is None:
        return None
    record: dict[str, Any] = {}
    for name in rule.fields:
        raw = data.get(name)
        try:
            record[name] = None if raw is None else form.fields[name].kind.parse(raw, form.reading)
        except Problem:
            return None  # reading the whole body will name it
    if all(value is None for value in record.values()):
        return None
    row = dict.fromkeys((each.key for each in form.stored()), None) | record
    return unique_keys(form, row, environment(access.work, access.app))[rule.column]


def _holders(work: UnitOfWork, form: Form, rule: UniqueRule, keys: Sequence[str]) -> dict[str, str]:
    """Ids of live records by their unique key."""
    dialect = work.runtime.database.dialect
    column = quoted(rule.column)
    text = (
        f"SELECT {column}, {quoted('id')} FROM {quoted(form.table)} WHERE {column} {among(dialect)} "
        f"AND {quoted('deleted_at')} IS NULL"
    )
    return dict(work.rows(text, (listed(keys, dialect),))) if keys else {}
