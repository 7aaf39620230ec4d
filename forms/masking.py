"""Masked values: most signs covered, in the pattern of the field (138****5678)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forms.compiled import Field
from forms.field_type import Derived, FieldType
from forms.values import Problem

SIGN, DOT = "*", "•"
COVERED = SIGN * 4


def cover(pattern: str, text: str) -> str:
    """`text` in a pattern like ###****####: # is a sign that shows, * one that does not.

    How many are covered is the pattern's own, so that the length is not told; a text that would show
    almost whole is covered entirely.
    """
    first, last = _shown(pattern)
    signs = SIGN * (len(pattern) - first - last)
    if len(text) < first + last + 2:
        return signs
    return text[:first] + signs + (text[-last:] if last else "")


def masked(field: Field) -> Callable[[Any], Any]:
    """From the JSON value of a field to what is shown of it; nothing stays nothing."""

    def mask(value: Any) -> Any:
        if value is None:
            return None
        return COVERED if field.system else field.kind.covered(value)

    return mask


def shows_no_more(now: Field, then: Field) -> bool:
    """Whether the mask of a field shows no more of any value than that of another did.

    A mask that shows fewer signs, but some, is not among these: of texts so short that the other one covered
    them entirely it shows more.
    """
    if now.system:
        return True
    kind, was = _covering(now), _covering(then)
    said, told = kind.options.mask, was.options.mask
    if type(kind) is type(was) and said == told:
        return True
    if said is None:
        return type(kind).covered is FieldType.covered and not any(_shown(kind.mask))
    return not any(_shown(said)) or (
        type(kind) is type(was) and told is not None and _shown(said) == _shown(told)
    )


def _shown(pattern: str) -> tuple[int, int]:
    """How many signs a pattern shows, first and last."""
    return pattern.find(SIGN), len(pattern) - pattern.rfind(SIGN) - 1


def _covering(field: Field) -> FieldType:
    """The type that covers the values of a field: that of the value where they are derived."""
    kind = field.kind
    while isinstance(kind, Derived) and kind.result is not None:
        kind = kind.result
    return kind


def refuse_masked(field: Field, raw: Any, before: Any) -> None:
    """A value that is only the mask of the one there was read, not meant. Raises Problem."""
    if before is None or not isinstance(raw, str) or (SIGN not in raw and DOT not in raw):
        return
    told = field.codec.json_of(before)
    if raw.strip() in ({told} if field.kind.secret else {masked(field)(told)} - {told}):
        raise Problem(
            "masked_value",
            "这是遮盖后的显示值，不能保存。",
            "This is the masked form of the value and cannot be saved.",
            "不修改时请去掉此字段，修改时请填写完整的值。",
            "Leave the field out, or send the whole new value.",
        )
