"""Which stored record a candidate means: by id, or by fields that are unique together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.findings import NO_FIX, Finding, Text
from engine.storage.driver import MARK
from forms.access import Access
from forms.codec import Codec
from forms.compiled import Form
from forms.environment import environment
from forms.field_type import Reading
from forms.imports.candidates import Candidate, RowError
from forms.imports.mapping import Mapping as ColumnMapping
from forms.imports.naming import listed, names_of
from forms.prefetch import visible
from forms.tables import quoted
from forms.uniques import normal, unique_keys
from forms.values import Problem

Key = tuple[str | None, ...]
_AT_ONCE = 200
"""So many keys in one statement."""


def key_of(on: Sequence[str], candidate: Candidate) -> Key | None:
    """The key of a candidate as texts that compare like unique values; None when all of it is empty."""
    if on == ("id",):
        return (candidate.identity,) if candidate.identity else None
    values = tuple(_text(candidate.data.get(key)) for key in on)
    return None if all(value is None for value in values) else values


def _text(value: Any) -> str | None:
    return None if value is None else normal(value)


def match(
    access: Access,
    form: Form,
    on: Sequence[str],
    mapping: ColumnMapping,
    found: Sequence[Candidate],
    *,
    strict: bool,
) -> None:
    """Set `record` of the candidates whose key a visible stored record has. Several such records are an
    error, and one that the person may not see; with `strict` also none at all.
    """
    keys = {id(each): key for each in found if (key := key_of(on, each)) is not None}
    stored = _stored(access, form, on, found)
    grants = access.seen(form.key)
    ids = sorted({each for group in stored.values() for each in group})
    seen = set(ids) if grants.unlimited else visible(access, form, grants, ids) if grants and ids else set()
    for candidate in found:
        key = keys.get(id(candidate))
        matches = [each for each in stored.get(key, ()) if each in seen] if key is not None else []
        if len(matches) == 1:
            candidate.record = matches[0]
        elif matches:
            candidate.lost = True
            candidate.errors.append(_several(candidate, mapping, on, names_of(access, form, matches)))
        elif key in stored or strict:
            candidate.lost = True
            unread = any(each.finding.pointer == f"/{on[0]}" for each in candidate.errors)
            if key is not None:
                candidate.errors.append(no_such(candidate, mapping, on))
            elif not unread:  # else that is told already
                candidate.errors.append(_no_key(candidate, mapping, on))


def _stored(
    access: Access, form: Form, on: Sequence[str], found: Sequence[Candidate]
) -> dict[Key, list[str]]:
    """Ids of live records by their key."""
    work = access.work
    mark = MARK[work.runtime.database.dialect]
    codecs: list[Codec | None] = [None] if on == ("id",) else [form.fields[key].codec for key in on]
    reading = form.reading
    if reading is None:
        raise LookupError(form.key)
    if on == ("id",):
        wanted = [(each.identity,) for each in found if each.identity]
        condition = f"{quoted('id')} = {mark}"
        values: list[tuple[Any, ...]] = list(wanted)
    else:
        condition, values = _condition(access, form, on, found, reading)
    stored: dict[Key, list[str]] = {}
    columns = ", ".join(quoted(form.column_of(key)) for key in on)
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        text = (
            f"SELECT {quoted('id')}, {columns} FROM {quoted(form.table)} "
            f"WHERE {quoted('deleted_at')} IS NULL AND ({' OR '.join([condition] * len(part))})"
        )
        for row in work.rows(text, tuple(value for each in part for value in each)):
            stored.setdefault(_row_key(work.runtime.database.dialect, codecs, row[1:]), []).append(row[0])
    return stored


def _row_key(dialect: Any, codecs: Sequence[Codec | None], values: Sequence[Any]) -> Key:
    out: list[str | None] = []
    for codec, value in zip(codecs, values, strict=True):
        to_json = codec.to_json(dialect) if codec is not None else None
        shown = value if value is None or to_json is None else to_json(value)
        out.append(None if shown is None else (str(shown) if codec is None else normal(shown)))
    return tuple(out)


def _condition(
    access: Access, form: Form, on: Sequence[str], found: Sequence[Candidate], reading: Reading
) -> tuple[str, list[tuple[Any, ...]]]:
    """The condition for one key, and its values for each candidate: the unique key where there is one."""
    dialect = access.work.runtime.database.dialect
    mark = MARK[dialect]
    rule = next((r for r in form.uniques if set(r.fields) == set(on) and r.keyed is None), None)
    memory = [each for each in (_memory(form, on, candidate, reading) for candidate in found) if each]
    if rule is not None and rule.when is None:
        env, blank = environment(access.work, access.app), dict.fromkeys(form.fields)
        hashes = [unique_keys(form, {**blank, **each}, env)[rule.column] for each in memory]
        return f"{quoted(rule.column)} = {mark}", [(each,) for each in hashes if each is not None]
    same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    binds = [(key, form.fields[key].codec.bind(dialect)) for key in on]
    condition = " AND ".join(f"{quoted(form.column_of(key))} {same} {mark}" for key in on)
    values = [
        tuple(value if (value := each[key]) is None or bind is None else bind(value) for key, bind in binds)
        for each in memory
    ]
    return f"({condition})", values


def _memory(
    form: Form, on: Sequence[str], candidate: Candidate, reading: Reading
) -> Mapping[str, Any] | None:
    """The key of a candidate in memory form; None for one that cannot be read or is empty."""
    out: dict[str, Any] = {}
    for key in on:
        raw = candidate.data.get(key)
        try:
            out[key] = None if raw is None else form.fields[key].kind.parse(raw, reading)
        except Problem:
            return None
    return None if all(value is None for value in out.values()) else out


def _several(
    candidate: Candidate, mapping: ColumnMapping, on: Sequence[str], names: Mapping[str, str]
) -> RowError:
    finding = Finding(
        "error",
        "ambiguous_record",
        f"/{on[0]}",
        Text(zh=f"有 {len(names)} 条记录符合此键。", en=f"{len(names)} records have this key."),
        Text(
            zh=f"请加一列 id 指明：{listed(names, 'zh')}。",
            en=f"Say which in a column id: {listed(names, 'en')}.",
        ),
    )
    return RowError(candidate.row, mapping.header_of(on[0]), finding)


def _no_key(candidate: Candidate, mapping: ColumnMapping, on: Sequence[str]) -> RowError:
    """The row does not say which record it means."""
    header = mapping.header_of(on[0])
    finding = Finding(
        "error",
        "key_empty",
        f"/{on[0]}",
        Text(
            zh=f"匹配记录的“{header}”为空，不知修改哪条记录。",
            en=f"'{header}', by which records are found, is empty: nothing tells which one to change.",
        ),
        Text(zh="请填写，或删除该行。", en="Fill it in, or delete the row."),
    )
    return RowError(candidate.row, header, finding)


def no_such(candidate: Candidate, mapping: ColumnMapping, on: Sequence[str]) -> RowError:
    """Nothing stored has this key, or nothing that the person may see."""
    finding = Finding(
        "error",
        "not_found",
        f"/{on[0]}",
        Text(zh="没有此记录，或您无权查看。", en="There is no such record, or you may not see it."),
        NO_FIX,
    )
    return RowError(candidate.row, mapping.header_of(on[0]), finding)
