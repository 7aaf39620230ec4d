"""Errors of the domain: a stable code, a JSON pointer and a sentence in Chinese and English.

No class here knows an HTTP status; `api/errors.py` alone maps codes to statuses.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engine.findings import Finding, Text


class EngineError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "出错了。"
    fix_zh: ClassVar[str] = ""
    fix_en: ClassVar[str] = ""

    def __init__(
        self,
        message: Text | None = None,
        *,
        pointer: str = "",
        details: Mapping[str, Any] | None = None,
        fix: Text | None = None,
    ) -> None:
        english = " ".join((inspect.getdoc(type(self)) or "").split())
        self.message: Text = message or {"zh": self.zh, "en": english}
        self.pointer = pointer
        self.details = dict(details or {})
        self.fix: Text = fix or {"zh": self.fix_zh, "en": self.fix_en}
        super().__init__(f"{self.code} {self.pointer}: {self.message['en']}")

    def as_finding(self) -> Finding:
        """The same news as a finding, for answers that carry several."""
        return Finding("error", self.code, self.pointer, self.message, self.fix)


ASKED_WRONG = frozenset({"invalid_parameter", "unknown_key"})
ASKED: Text = {
    "zh": "请求的参数不正确。",
    "en": "Something in this request is not as it should be.",
}
"""What `Invalid` says where only the way of asking is wrong, and no data."""
MOST_TOLD = 1000
"""So many findings of one request are told; of more, only how many there are."""


class Invalid(EngineError):
    """The data does not fit the form."""

    code = "invalid"
    zh = "数据不符合表单要求。"
    fix_zh = "请按每条提示修改后重试。"
    fix_en = "Correct each point named below and send it again."

    def __init__(self, findings: Sequence[Finding], *, further: int = 0) -> None:
        """`further` counts what is wrong besides and is not among the findings, since there is too much of it."""
        asked = type(self) is Invalid and findings and all(each.code in ASKED_WRONG for each in findings)
        super().__init__(ASKED if asked else None, pointer=findings[0].pointer if findings else "")
        self.findings = tuple(findings)
        self.further = further
        self.args = ("; ".join(f"{f.pointer}:{f.code}" for f in self.findings[:MOST_TOLD]),)


class NotPublishable(Invalid):
    """The app cannot be published as it is."""

    zh = "应用还不能发布。"


class Forbidden(EngineError):
    """You have no right to do this."""

    code = "forbidden"
    zh = "您没有此操作的权限。"
    fix_zh = "如确有需要，请联系管理员授权。"
    fix_en = "Ask an administrator for the right if you need it."


class NotFound(EngineError):
    """There is no such thing, or you may not see it."""

    code = "not_found"
    zh = "找不到该对象，或您无权查看。"
    fix_zh = "请检查标识是否正确。"
    fix_en = "Check the id or key."


class Conflict(EngineError):
    """Somebody else changed this meanwhile."""

    code = "conflict"
    zh = "数据已被他人修改。"
    fix_zh = "请刷新后再试。"
    fix_en = "Read it again and repeat your change."


class TryAgain(EngineError):
    """The store was busy; nothing was changed."""

    code = "try_again"
    zh = "系统繁忙，未做任何更改。"
    fix_zh = "请稍后重试。"
    fix_en = "Repeat the request in a moment."
