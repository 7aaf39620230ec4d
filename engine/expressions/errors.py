"""The one error of the language: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.errors import EngineError
from engine.findings import NO_FIX, Text

Span = tuple[int, int]
NOWHERE: Span = (0, 0)


class ExpressionError(EngineError):
    """The expression is not valid."""

    code = "expression"
    zh = "表达式无效。"

    def __init__(self, code: str, span: Span, zh: str, en: str, *, suggestion: Text | None = None) -> None:
        super().__init__({"zh": zh, "en": en}, details={"span": list(span)}, fix=suggestion or NO_FIX)
        self.code = code  # type: ignore[misc]
        self.span = span
        self.suggestion = suggestion
        self.args = (f"{code} at {span[0]}: {en}",)


def did_you_mean(name: str, known: Iterable[str], *, form: str = "{}") -> Text | None:
    """Advice naming the known name nearest to `name`, spelled by `form`; None if nothing is near."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), list(by_lower), n=1)
    if not close:
        return None
    best = form.format(by_lower[close[0]])
    return Text(zh=f"是否想写“{best}”？", en=f"Did you mean '{best}'?")
