"""What a check returns: levelled findings that point into the JSON and say what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

Level = Literal["error", "warning", "info"]


class Text(TypedDict):
    """A sentence for people, in Chinese and in English."""

    zh: str
    en: str


def text(zh: str, en: str) -> Text:
    """A sentence in both languages."""
    return {"zh": zh, "en": en}


NO_FIX: Text = {"zh": "", "en": ""}
CORRECT: Text = text("请按提示改正后重试。", "Correct what is said here and try again.")
ADVICE: Mapping[str, Text] = {
    "bad_character": text("请删除这些字符。", "Take these characters out."),
    "invalid_parameter": text("请按提示改正此参数。", "Correct this parameter."),
    "not_found": text("请检查标识是否正确。", "Check the id or key."),
    "off_step": text("请改为允许的数值。", "Choose one of the steps."),
    "out_of_range": text("请检查位数是否有误。", "Check whether there are digits too many."),
    "pattern": text("请对照字段的说明修改。", "Write it as the field asks for."),
    "required": text("请填写。", "Fill it in."),
    "too_large": text("请改小。", "Give a smaller value."),
    "too_long": text("请缩短。", "Make it shorter."),
    "too_many_rows": text("请删除多余的行。", "Take some rows out."),
    "too_precise": text("请减少小数位数。", "Leave out the further decimals."),
    "too_short": text("请写得更长。", "Make it longer."),
    "too_small": text("请改大。", "Give a larger value."),
    "type_mismatch": text("请改用同一类型的值或字段。", "Use values or fields of one type."),
    "unknown_key": text("请去掉它。", "Leave it out."),
    "wrong_type": text("请改用该类型的值。", "Send a value of that kind."),
}
"""What to do about an error that does not say so itself, by its code."""


def advised(code: str, fix: Text) -> Text:
    """What to do about an error: `fix`, or what its code alone advises."""
    return fix if fix["zh"] or fix["en"] else ADVICE.get(code, CORRECT)


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a document or a record; `pointer` is an RFC 6901 JSON pointer."""

    level: Level
    code: str
    pointer: str
    message: Text
    fix: Text

    @property
    def advice(self) -> Text:
        """What to do: an error always says something, a warning may be one to know of only."""
        return advised(self.code, self.fix) if self.level == "error" else self.fix

    def as_json(self) -> dict[str, object]:
        """The finding as it leaves over REST and the command line."""
        return {
            "level": self.level,
            "code": self.code,
            "pointer": self.pointer,
            "message": dict(self.message),
            "fix": dict(self.advice),
        }


def error(code: str, pointer: str, message: Text, fix: Text = NO_FIX) -> Finding:
    """A finding that blocks."""
    return Finding("error", code, pointer, message, fix)


def warning(code: str, pointer: str, message: Text, fix: Text = NO_FIX) -> Finding:
    """A finding that informs but does not block."""
    return Finding("warning", code, pointer, message, fix)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding blocks."""
    return any(finding.level == "error" for finding in findings)


def under(pointer: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with `pointer` put before their own."""
    return [
        Finding(each.level, each.code, pointer + each.pointer, each.message, each.fix) for each in findings
    ]
