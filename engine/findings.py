"""What a check returns: levelled findings that point into the JSON and say what to do."""

from __future__ import annotations

from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a document or a record; `pointer` is an RFC 6901 JSON pointer."""

    level: Level
    code: str
    pointer: str
    message: Text
    fix: Text

    def as_json(self) -> dict[str, object]:
        """The finding as it leaves over REST and the command line."""
        return {
            "level": self.level,
            "code": self.code,
            "pointer": self.pointer,
            "message": dict(self.message),
            "fix": dict(self.fix),
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
