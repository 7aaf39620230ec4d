"""The one error of the language: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from engine.errors import EngineError
from engine.findings import NO_FIX, Text

Span = tuple[int, int]
NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction that an editor can make by itself: `text` in the place of `span`."""

    span: Span
    text: str


class ExpressionError(EngineError):
    """The expression is not valid."""

    code = "expression"
    zh = "表达式无效。"

    def __init__(
        self,
        code: str,
        span: Span,
        zh: str,
        en: str,
        *,
        suggestion: Text | None = None,
        edit: Edit | None = None,
    ) -> None:
        super().__init__({"zh": zh, "en": en}, details={"span": list(span)}, fix=suggestion or NO_FIX)
        self.code = code  # type: ignore[misc]
        self.span = span
        self.suggestion = suggestion
        self.edit = edit
        self.args = (f"{code} at {span[0]}: {en}",)


def did_you_mean(name: str, known: Iterable[str], *, form: str = "{}") -> Text | None:
    """Advice naming the known name nearest to `name`, spelled by `form`; None if nothing is near."""
    best = nearest(name, known)
    return None if best is None else meant(form.format(best))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`; None if nothing is near."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), list(by_lower), n=1)
    return by_lower[close[0]] if close else None


def meant(best: str) -> Text:
    """Advice to write `best`."""
    return Text(zh=f"是否想写“{best}”？", en=f"Did you mean '{best}'?")
