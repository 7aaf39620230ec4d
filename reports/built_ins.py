"""The extensions of this package."""

from __future__ import annotations

from typing import Any

from reports.definition import ReportKind
from reports.measures.avg import Avg
from reports.measures.count import Count
from reports.measures.distinct import Distinct
from reports.measures.max import Max
from reports.measures.min import Min
from reports.measures.sum import Sum

BUILT_INS: tuple[type[Any], ...] = (ReportKind, Sum, Count, Avg, Distinct, Min, Max)
