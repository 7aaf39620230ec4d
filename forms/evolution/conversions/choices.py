"""Options and lists: by key, by what took an option's place, else by what people call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.evolution.conversions.conversion import Given, unfit
from forms.field_types.select import Select


def same_option(given: Given) -> Any:
    """The option of the new type for an option of the old one."""
    return _option(given.value, given)


def same_options(given: Given) -> Any:
    """Each of several options."""
    return list(dict.fromkeys(_option(each, given) for each in given.value))


def listed(given: Given) -> Any:
    """One option as a list of one."""
    return [_option(given.value, given)]


def only_one(given: Given) -> Any:
    """The one option of a list."""
    return _option(unwrapped(given), given)


def wrapped(given: Given) -> Any:
    """One value as a list of one."""
    return [given.value]


def unwrapped(given: Given) -> Any:
    """The one value of a list."""
    if len(given.value) != 1:
        count = len(given.value)
        raise unfit(f"有 {count} 个值，只能保留一个。", f"There are {count} values where one fits.")
    return given.value[0]


def _option(value: Any, given: Given) -> Any:
    known: Mapping[str, Any] = getattr(given.after, "choices", {})
    if value in known:
        return value
    label = _label(value, given)
    if not known:
        return label
    for key, option in known.items():
        if value in getattr(option, "replaces", ()):
            return key
    if isinstance(given.after, Select):
        return given.after.key_of(label)  # a cell would hold several where a label holds a separator
    found = given.after.read_cell(label, given.reading)
    return found[0] if isinstance(found, list) and found else found


def _label(value: Any, given: Given) -> str:
    """What people call an option of the old type; the value itself where it is no option."""
    option = getattr(given.before, "choices", {}).get(value)
    label = getattr(option, "label", None)
    return str(value) if label is None else str(getattr(label, given.reading.language, value))
