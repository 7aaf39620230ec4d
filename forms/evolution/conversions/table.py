"""Which conversion leads from one kind of field to another: one row per pair of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forms.compiled import Field
from forms.evolution.conversions.choices import (
    listed,
    only_one,
    same_option,
    same_options,
    unwrapped,
    wrapped,
)
from forms.evolution.conversions.conversion import Conversion, Given, unfit
from forms.evolution.conversions.days import in_grain, local_day, midnight, year_of
from forms.evolution.conversions.numbers import one_or_zero, plainly, yes_or_no
from forms.evolution.conversions.through_text import as_it_is, through_text
from forms.field_type import FieldType, Reading
from forms.values import Problem

OF_FILES = frozenset({"file", "files", "image", "images", "signature"})
SCALARS = ("text", "number", "bool", "date", "year", "datetime", "duration", "clock", "choice")

CONVERSIONS: dict[tuple[str, str], Conversion] = {
    **{(kind, "text"): through_text for kind in (*SCALARS, "choices", "parts", "geo")},
    **{("text", kind): through_text for kind in (*SCALARS, "choices", "parts", "geo")},
    ("text", "text"): as_it_is,
    ("number", "number"): plainly,
    ("number", "bool"): yes_or_no,
    ("bool", "number"): one_or_zero,
    ("bool", "bool"): as_it_is,
    ("number", "choice"): through_text,
    ("choice", "number"): through_text,
    ("bool", "choice"): through_text,
    ("choice", "bool"): through_text,
    ("number", "duration"): plainly,
    ("duration", "number"): plainly,
    ("duration", "duration"): as_it_is,
    ("clock", "clock"): as_it_is,
    ("date", "date"): in_grain,
    ("date", "datetime"): midnight,
    ("date", "year"): year_of,
    ("datetime", "date"): local_day,
    ("datetime", "datetime"): as_it_is,
    ("year", "number"): plainly,
    ("number", "year"): plainly,
    ("year", "year"): as_it_is,
    ("choice", "choice"): same_option,
    ("choice", "choices"): listed,
    ("choices", "choice"): only_one,
    ("choices", "choices"): same_options,
    ("ref", "ref"): as_it_is,
    ("ref", "text"): as_it_is,
    ("text", "ref"): as_it_is,
    ("ref", "refs"): wrapped,
    ("refs", "ref"): unwrapped,
    ("refs", "refs"): as_it_is,
    ("file", "file"): as_it_is,
    ("file", "files"): wrapped,
    ("files", "file"): unwrapped,
    ("files", "files"): as_it_is,
    ("geo", "geo"): as_it_is,
    ("parts", "parts"): as_it_is,
    ("json", "json"): as_it_is,
    ("json", "text"): through_text,
    ("text", "json"): through_text,
}


BY_RECORDS = frozenset({("ref", "text"), ("text", "ref")})
"""Between these the store tells what a value becomes."""


def kind_of(field: Field) -> str:
    """The kind of a field's values, as the table names it."""
    if field.type in OF_FILES:
        return "files" if field.type in ("files", "images") else "file"
    inner = getattr(field.codec, "inner", field.codec)
    said = field.value_type.kind
    if inner.form == "json":
        return "json"
    if said == "money":
        return "number"
    if said == "choices" and field.value_type.item is not None:
        return "refs"
    if field.type in ("year", "time"):
        return "year" if field.type == "year" else "clock"
    if said == "geo":
        return "geo"
    return "parts" if field.parts else said


Convert = Callable[[Any], Any]
"""Memory value before -> memory value after, never None. Raises Problem."""
Told = Mapping[str, "str | Problem"]
"""What a value says of a record -> what stands for it in the new field, or why nothing does."""


def converter(before: Field, after: Field, reading: Reading, told: Told | None = None) -> Convert | None:
    """How values become those of the new field; None where no value can. `told` says what values mean that only
    the store knows.
    """
    json_of = getattr(before.codec, "inner", before.codec).json_of
    convert = json_converter(before, after, reading, told)
    return None if convert is None else lambda value: convert(json_of(value))


def json_converter(before: Field, after: Field, reading: Reading, told: Told | None = None) -> Convert | None:
    """The same for values that are JSON."""
    pair = (kind_of(before), kind_of(after))
    conversion = CONVERSIONS.get(pair)
    if conversion is None or after.derived or not _same_target(before, after):
        return None
    if told is None and pair in BY_RECORDS:
        return None
    first, then = _type(before), _type(after)

    def convert(value: Any) -> Any:
        try:
            said = value if told is None else _meant(value, told)
            made = then.parse(conversion(Given(said, first, then, reading)), reading)
        except (ValueError, TypeError, LookupError) as wrong:
            raise unfit("该值无法转换。", "This value cannot be converted.") from wrong
        if made is None:
            raise unfit("该值无法转换。", "This value cannot be converted.")
        return made

    return convert


def _meant(value: Any, told: Told) -> str:
    found = told[str(value)]
    if isinstance(found, Problem):
        raise found
    return found


def _type(field: Field) -> FieldType:
    """The type of a field's values: that of the result of a derived one."""
    result: FieldType | None = getattr(field.kind, "result", None)
    return result or field.kind


def _same_target(before: Field, after: Field) -> bool:
    def target(field: Field) -> str | None:
        said = field.value_type
        return said.form or (said.item.form if said.item is not None else None)

    return target(before) == target(after) or "text" in (kind_of(before), kind_of(after))
