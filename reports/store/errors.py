"""What can go wrong between a report and its store."""

from __future__ import annotations

from engine.errors import EngineError, TryAgain


class StoreBuilding(TryAgain):
    """The report store is being built; ask again in a moment."""

    code = "reports_building"
    zh = "报表库正在构建，请稍后再试。"


class QueryTooLong(EngineError):
    """The report took too long and was stopped."""

    code = "report_timeout"
    zh = "报表运行超时，已停止。"
    fix_zh = "请缩小时间范围或减少维度。"
    fix_en = "Narrow the range of time or use fewer dimensions."


class TooManyRows(EngineError):
    """The report has more groups than can be answered."""

    code = "too_many_rows"
    zh = "报表的分组过多，无法返回。"
    fix_zh = "请缩小范围、设置 limit，或使用更粗的维度。"
    fix_en = "Narrow the range, set `limit`, or use coarser dimensions."


class QueryTooLarge(EngineError):
    """The report needs more memory than it may use."""

    code = "report_too_large"
    zh = "报表所需内存超出上限。"
    fix_zh = "请缩小范围或减少维度。"
    fix_en = "Narrow the range or use fewer dimensions."


class StoreFailed(EngineError):
    """The report store answered with an error."""

    code = "report_failed"
    zh = "报表库执行失败。"
    fix_zh = "请稍后重试；若仍失败，请联系管理员。"
    fix_en = "Try again; tell an administrator if it stays so."
