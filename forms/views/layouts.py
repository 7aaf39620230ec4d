"""What each layout of a view needs of the form, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forms.compiled import Field, Form

LANES = frozenset({"choice", "ref", "bool"})
DAYS = frozenset({"date", "datetime"})
PICTURES = frozenset({"image", "images", "signature"})


@dataclass(frozen=True, slots=True)
class Need:
    """One option of a layout: the field it names must fit."""

    option: str
    fits: Callable[[Form, Field], bool]
    zh: str
    en: str
    required: bool = True


def _is_lane(_form: Form, field: Field) -> bool:
    return field.value_type.kind in LANES


def _is_day(_form: Form, field: Field) -> bool:
    return field.value_type.kind in DAYS


def _is_picture(_form: Form, field: Field) -> bool:
    return field.type in PICTURES


def _is_parent(form: Form, field: Field) -> bool:
    return field.target == form.key


def _is_place(_form: Form, field: Field) -> bool:
    return field.type == "geo"


NEEDS: Mapping[str, tuple[Need, ...]] = {
    "list": (),
    "kanban": (Need("group", _is_lane, "单选、引用或是否字段", "an option, a reference or a yes/no field"),),
    "calendar": (
        Need("start", _is_day, "日期或日期时间字段", "a date or datetime field"),
        Need("end", _is_day, "日期或日期时间字段", "a date or datetime field", required=False),
    ),
    "gallery": (Need("image", _is_picture, "图片字段", "a field with a picture"),),
    "tree": (Need("parent", _is_parent, "指向本表单的引用", "a reference to the same form"),),
    "map": (Need("place", _is_place, "位置字段", "a field with a place"),),
}
OPTIONS = tuple(dict.fromkeys(need.option for needs in NEEDS.values() for need in needs))
