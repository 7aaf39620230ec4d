"""How many of several may be chosen, for fields that hold a list."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Literal

from engine.definitions.context import Context
from engine.findings import Text
from forms.schema import Option
from forms.values import Problem


def check_counts(least: int, most: int, pointer: str, context: Context) -> None:
    """Add a finding when no count could fulfil both."""
    if least > most:
        context.error(
            "bad_bounds",
            f"{pointer}/least",
            Text(zh="least 大于 most。", en="least is larger than most."),
            Text(zh="请交换两者。", en="Swap the two."),
        )


def check_own_options(free: bool, pointer: str, context: Context) -> None:  # noqa: FBT001 - one word
    """Add a finding when the options come from records: their number and order must be known."""
    if free:
        context.error(
            "options_missing",
            f"{pointer}/options_from",
            Text(zh="此类字段的选项不能来自记录。", en="Options of this type cannot come from records."),
            Text(zh="请使用 options 或 option_set。", en="Give options or an option_set."),
        )


def with_labels(options: Sequence[Option], language: Literal["zh", "en"]) -> list[str]:
    """The first options as people may choose them: by key, and by label where that says more."""
    labels = [(option.key, str(getattr(option.label, language))) for option in options[:FIRST]]
    shape = "{}（{}）" if language == "zh" else "{} ({})"
    return [key if label in ("", key) else shape.format(key, label) for key, label in labels]


FIRST = 20
REPEATS = 10
"""So many times as long as it may be is a list looked through, since what is named twice counts once."""


def judge_length(sent: Sized, most: int) -> None:
    """A list is not much longer than what may be chosen, so that looking through it is no work. Raises Problem."""
    if len(sent) > REPEATS * most:
        raise _too_many(len(sent), most)


def judge_count(chosen: Sized, least: int, most: int) -> None:
    """A list that is not empty has the wanted length. Raises Problem."""
    if not len(chosen) or least <= len(chosen) <= most:
        return
    if len(chosen) < least:
        raise Problem(
            "too_few",
            f"至少 {least} 项，现有 {len(chosen)} 项。",
            f"At least {least} are needed; there are {len(chosen)}.",
            "请补充。",
            "Add more.",
        )
    raise _too_many(len(chosen), most)


def _too_many(found: int, most: int) -> Problem:
    return Problem(
        "too_many",
        f"最多 {most} 项，现有 {found} 项。",
        f"At most {most} are allowed; there are {found}.",
        "请减少。",
        "Take some out.",
    )


def at(index: int, problem: Problem) -> Problem:
    """The problem of one item, which the pointer leads to."""
    problem.pointer = f"/{index}{problem.pointer}"
    return problem
