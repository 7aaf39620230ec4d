"""What a publish says of rules that records may not overlap: those that do so already, counted and named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definitions.app import CompiledApp
from engine.definitions.plan import Step
from engine.expressions import CheckedExpression
from engine.findings import Text
from engine.storage.unit_of_work import UnitOfWork
from forms.apart import NoOverlap
from forms.compiled import Form, RowKind
from forms.evolution.evolution import Evolution, pointer_of
from forms.evolution.likeness import alike
from forms.evolution.pairs import row_pairs
from forms.overlaps import Overlaps, overlaps_of

EXAMPLES = 5


def fresh_rules(
    before: Mapping[str, Form], after: Mapping[str, Form]
) -> Iterator[tuple[Form, str | None, RowKind, RowKind, NoOverlap]]:
    """(form, child, row before, row after, rule) of the rules that the version before did not have."""
    for form, child, was, row in row_pairs(before, after):
        for rule in row.apart:
            if not any(rule.same(each) for each in was.apart):
                yield form, child, was, row, rule


def apart_steps(work: UnitOfWork, found: Evolution, after: CompiledApp) -> Iterator[Step]:
    """A step for each new rule; where it reads what is not in the store yet, it is judged after the publish."""
    for form, child, was, row, rule in fresh_rules(found.before, found.after):
        pointer = f"{pointer_of(form.key, child, None)}/no_overlap/{rule.code}"
        if not _stored_before(was, row, rule):
            yield _step(pointer, rule, None)
        else:
            yield _step(pointer, rule, overlaps_of(work, after, form, child, rule, named=EXAMPLES))


def _stored_before(was: RowKind, row: RowKind, rule: NoOverlap) -> bool:
    """Whether what a rule compares and asks is in the columns that there are."""
    asked = rule.when.dependencies if isinstance(rule.when, CheckedExpression) else ()
    if any(len(path) > 1 for path in asked):
        return False
    return all(_stays(was, row, name) for name in {*rule.fields, *(path[0] for path in asked)})


def _stays(was: RowKind, row: RowKind, name: str) -> bool:
    before, after = was.find(name), row.find(name)
    if before is None or after is None:
        return False
    return before.stored and after.stored and before.column == after.column and alike(before, after)


def _step(pointer: str, rule: NoOverlap, judged: Overlaps | None) -> Step:
    names = [each.replace("__", ".") for each in rule.fields]
    zh = f"规定“{'、'.join(names)}”不许重叠"
    en = f"A rule is added that records may not overlap: {', '.join(names)}."
    if judged is None:
        later = Text(
            zh=f"{zh}；已有记录在发布后检查，重叠的会通知发布人。",
            en=f"{en} Those that are there are judged after the publish, and who publishes is told which overlap.",
        )
        return Step("add_no_overlap", "warn", pointer, later)
    if not judged.count:
        return Step(
            "add_no_overlap", "safe", pointer, Text(zh=f"{zh}；已有记录均不重叠。", en=f"{en} None does."), 0
        )
    some_zh = "、".join(_pair(each, " 与 ") for each in judged.pairs)
    some_en = ", ".join(_pair(each, " and ") for each in judged.pairs)
    message = Text(
        zh=f"{zh}：已有 {judged.count} 行与另一行重叠（如 {some_zh}）；它们保持原样，改动其时段等内容时才会检查。",
        en=f"{en} {judged.count} rows overlap another one already, such as {some_en}. They stay as they are and are "
        "judged when they are next moved.",
    )
    return Step("add_no_overlap", "warn", pointer, message, judged.count)


def _pair(pair: tuple[str, str], between: str) -> str:
    return pair[0] if pair[0] == pair[1] else between.join(pair)
