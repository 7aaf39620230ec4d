"""Values of a report as JSON: decimals as strings, buckets as text, references with their name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson

from engine.expressions import Type
from forms.codec import Codec
from forms.system_forms import SYSTEM_FORMS
from reports.buckets import written
from reports.groups import Labels
from reports.planned import PlannedDimension

Dump = Callable[[Any], Any]

_NAMES = {"choices": "multiselect", "choice": "select"}


def scaled_text(value: int, scale: int) -> str:
    """A scaled integer as a decimal with exactly `scale` places."""
    whole, part = divmod(abs(value), 10**scale)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{part:0{scale}d}" if scale else "")


def value_dump(of: Type) -> Dump:
    """How values of a type leave."""
    if of.kind in ("number", "money"):
        scale = of.scale
        return (lambda value: scaled_text(int(value), scale)) if scale else int
    if of.kind == "datetime":
        return _moment
    if of.kind == "date":
        return Codec("date", form=of.grain or "").json_of
    if of.kind == "duration":
        return Codec("integer", form="seconds").json_of
    if of.kind in ("choices", "list"):
        return list
    return lambda value: value


def dimension_dump(position: int, dimension: PlannedDimension, labels: Labels, locale: str) -> Dump:
    """How keys of a dimension leave; a reference is {"id", "label"}."""
    grain = dimension.grain
    if grain is not None:
        return lambda value: written(value, grain)
    if dimension.type.kind == "ref":
        name = _bilingual(locale) if dimension.type.form in SYSTEM_FORMS else str
        return lambda value: {"id": value, "label": _named(labels.get((position, value)), name)}
    return value_dump(dimension.type)


def column_type(of: Type) -> dict[str, Any]:
    """The JSON description of a column's type."""
    if of.kind == "number":
        return {"type": "decimal", "scale": of.scale} if of.scale else {"type": "int"}
    if of.kind == "money":
        return {"type": "money", "scale": of.scale} | ({"currency": of.currency} if of.currency else {})
    if of.kind == "ref":
        return {"type": "ref", "form": of.form}
    return {"type": _NAMES.get(of.kind, of.kind)}


def _named(label: Any, name: Dump) -> str | None:
    return None if label is None else str(name(label))


def _bilingual(locale: str) -> Dump:
    """Names of users and departments are stored as {"zh", "en"}."""

    def name(label: str) -> str:
        names = orjson.loads(label)
        return str(names.get(locale) or names.get("zh")) if isinstance(names, dict) else str(names)

    return name


def _moment(value: date) -> str:
    moment = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return naive.isoformat() + "Z"
