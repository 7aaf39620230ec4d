"""Which fields of a form are searched, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.context import Context
from engine.findings import Text
from forms.compiled import Field, Form
from forms.search.words import TAG, tokens


def read_search(form: Form, context: Context) -> tuple[str, ...]:
    """The searched fields that the document names; what cannot be searched becomes a finding."""
    named = form.document.search if form.document else ()
    for index, key in enumerate(named):
        pointer = f"/forms/{form.key}/search/{index}"
        field = form.fields.get(key)
        if field is None:
            context.unknown("unknown_field", pointer, key, form.fields, Text(zh="字段", en="field"))
        elif not searchable(field):
            context.error(
                "not_searchable",
                pointer,
                Text(zh=f"“{key}”不能用于搜索。", en=f"'{key}' cannot be searched."),
                Text(
                    zh="请选择未加密的文本类字段；公式须为存储的文本。",
                    en="Name a field that holds text and is not encrypted; a formula has to be stored.",
                ),
            )
    return named


def searchable(field: Field) -> bool:
    """Whether it holds plain text in a column of its own."""
    plain = field.value_type.kind == "text" and field.codec.storage == "text" and not field.codec.form
    return plain and not field.system and not field.sealed and not field.parts


def plain(field: Field, value: Any) -> str:
    """The words of a value without their layout."""
    text = str(value)
    return TAG.sub(" ", text) if field.type == "richtext" else text


def tokens_of(form: Form, record: Mapping[str, Any] | None) -> dict[str, set[str]]:
    """The tokens of a record by field."""
    if record is None:
        return {}
    return {
        key: tokens(plain(form.fields[key], value))
        for key in form.search
        if (value := record[key]) is not None
    }
