"""The page of errors: every code a request can be refused with, and its HTTP status."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

from designer_schemas.reference.keys import sentence
from designer_schemas.reference.markdown import both, code, page, table
from engine.errors import EngineError

Status = Callable[[type[EngineError]], int]
HEAD = ("code", "HTTP", "中文", "English", "怎么办 / what to do")


def errors(classes: Iterable[type[EngineError]], status: Status) -> str:
    """docs/reference/errors.md"""
    rows = {(each.code, str(status(each)), each.zh, _english(each), _fix(each)) for each in classes}
    return page(
        "错误",
        "Errors",
        both(
            "请求失败时的 `code`。422 `invalid` 在 `errors` 里带着一条或多条提示，它们的代码见[提示](findings.md)。",
            "The `code` of a request that fails. 422 `invalid` carries findings in `errors`; their codes: [findings](findings.md).",
        ),
        both(
            "有些错误只出现在后台任务与命令行中，没有人收到它们的 HTTP 状态。",
            "Some errors occur in jobs and commands only; nobody gets their HTTP status.",
        ),
        table(HEAD, [(code(name), *rest) for name, *rest in sorted(rows)]),
    )


def _english(cls: type[EngineError]) -> str:
    return sentence(inspect.cleandoc(cls.__doc__ or ""))


def _fix(cls: type[EngineError]) -> str:
    return " / ".join(each for each in (cls.fix_zh, cls.fix_en) if each)
