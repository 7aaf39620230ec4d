"""What the change log tells: LASTACTIVITY INACTIVEDAYS DAYSINSTATE EVENTCOUNT. In memory only.

They are about the record itself, or about the one that a reference names. Each call asks the log once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import calendar
from engine.expressions.errors import ExpressionError, Span, did_you_mean
from engine.expressions.function import Function, Parameter
from engine.expressions.functions.events import own_name, own_rows
from engine.expressions.parameters import any_argument, text_argument, whole_argument
from engine.expressions.scope import Env, Happenings, Related, Shape
from engine.expressions.tree import Name, Tree
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import DATETIME, Type, number
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

_RECORD = Parameter("record", lambda t: t.kind == "ref", text("引用", "a reference"), optional=True)
_DAYS = number(7)
_COUNT = number(12)
_OPERATIONS: Mapping[str, str] = {
    "created": "create",
    "updated": "update",
    "deleted": "delete",
    "restored": "restore",
}
"""What can be counted on the record itself, and what the log calls it."""
_BOOKKEEPING = {"id", "created_by", "updated_by"}
"""References that every record has and that do not make it a record about somebody."""


def last_activity(env: Env, option: tuple[str, str | None, tuple[str, ...]], record: Any) -> datetime | None:
    """The last activity on a record, or among the records of another form that name it."""
    log: Happenings | None = env.happenings
    if log is None or record is None:
        return None
    form, related, links = option
    return (
        log.last_activity(form, record)
        if related is None
        else log.last_related(record, Related(related, links))
    )


def event_count(
    env: Env, option: tuple[str, str | None, str | None, tuple[str, ...]], record: Any, days: Any
) -> int | None:
    """How often something happened within the last `days`; null without a record or days."""
    if record is None or days is None:
        return None
    if env.happenings is None or days <= 0:
        return 0
    form, operation, related, links = option
    since = _before(env.now, days)
    if operation is not None:
        return env.happenings.count(form, record, operation, since)
    return env.happenings.count_related(record, Related(related or "", links), since)


def inactive_days(env: Env, option: Any, record: Any) -> int | None:
    """Days since the last activity."""
    return _days_since(last_activity(env, option, record), env)


def days_in_state(env: Env, option: tuple[str, str], record: Any, _value: Any) -> int | None:
    """Days since a field of a form got its value."""
    if env.happenings is None or record is None:
        return None
    form, field = option
    return _days_since(env.happenings.changed_at(form, record, field), env)


def _before(now: datetime, days: int) -> datetime:
    beginning = datetime.min.replace(tzinfo=UTC)
    return now - timedelta(days=days) if days < (now - beginning).days else beginning


def _days_since(moment: datetime | None, env: Env) -> int | None:
    if moment is None:
        return None
    today, then = calendar.local_date(env.now, env.tz), calendar.local_date(moment, env.tz)
    return max((today - then).days, 0)


class _OfRecord(Function):
    """The first argument of the checked call is the id of the record; `answer` gets the environment, the
    call's option and its arguments.
    """

    answer: ClassVar[Callable[..., Any]]
    strict = False
    partial = True
    in_memory = True
    volatile = True

    def subject(self, site: Site, index: int) -> tuple[Node, Shape]:
        """The id of the record asked about, and the shape of its form. Raises ExpressionError."""
        scope = site.checks.scope
        if len(site.trees) <= index:
            if scope.parent is not None:
                raise _no_record(site)
            return site.checks.node(Name(("id",), span=site.span)), scope.shape
        node = site.checks.node(site.trees[index])
        shape = scope.shapes(node.type.form) if node.type.form else None
        if node.type.kind != "ref" or shape is None:
            raise site.unfit(node, _RECORD.wanted)
        return node, shape

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = ", ".join(writer.value(each) for each in node.arguments)
        return f"{writer.use(self.answer)}(e, {writer.hold(node.option)}, {values})"


def _no_record(site: Site) -> ExpressionError:
    return ExpressionError(
        "no_record",
        site.span,
        f"{site.function.type} 只能用于记录，不能用于子表的行。",
        f"{site.function.type} is about a record, not about a row of a child table.",
        suggestion=text("请写在子表之外。", "Write it outside the child table."),
    )


def _constant_text(tree: Tree, site: Site) -> str:
    node = site.checks.node(tree)
    if isinstance(node, Constant) and isinstance(node.value, str):
        return node.value
    raise ExpressionError(
        "constant_needed",
        tree.span,
        f"{site.function.type} 此处需要固定的文本。",
        f"{site.function.type} needs a fixed text here.",
    )


def _links(form: str, target: Shape, span: Span, site: Site) -> tuple[str, ...]:
    """The fields of `form` that name records of `target`. Raises ExpressionError when there are none."""
    shape = site.checks.scope.shapes(form)
    if shape is None:
        raise ExpressionError(
            "unknown_form",
            span,
            f"没有表单“{form}”。",
            f"There is no form '{form}'.",
            suggestion=did_you_mean(form, _OPERATIONS)
            or text("请写引用本记录的表单。", "Name a form that refers to this record."),
        )
    kinds = {name: shape.type_of(name) for name in shape.names()}
    found = [name for name, kind in kinds.items() if kind and kind.kind == "ref" and kind.form == target.key]
    found = [name for name in found if name not in _BOOKKEEPING]
    if found:
        return tuple(found)
    raise ExpressionError(
        "not_related",
        span,
        f"表单“{form}”没有引用 {target.key} 的字段。",
        f"The form '{form}' has no reference to {target.key}.",
        suggestion=text("请写引用本记录的表单。", "Name a form that refers to this record."),
    )


class LastActivity(_OfRecord):
    """What the app does itself (rules, flows, derived values) is no activity."""

    type = "LASTACTIVITY"
    result: ClassVar[Type] = DATETIME
    answer: ClassVar[Callable[..., Any]] = staticmethod(last_activity)
    parameters = (text_argument("form", optional=True), _RECORD)
    doc = text(
        "本记录（或所引用的记录）最近一次由人修改的时刻；写表单名时，指引用它的该表单记录最近一次由人新建或修改的时刻；没有则为空。",
        "When a person last changed the record, this one or the one a reference names; with a form: when a "
        "person last created or changed a record of it that names this one. Null when it never happened.",
    )

    def check(self, site: Site) -> Node:
        site.count(0, 2)
        form, subject = self._read(site)
        node, shape = self.subject(site, subject)
        links = () if form is None else _links(form, shape, site.trees[0].span, site)
        return Apply(self.result, self, (node,), (shape.key, form, links), span=site.span)

    def _read(self, site: Site) -> tuple[str | None, int]:
        """The form of related records, and where the record asked about stands."""
        if not site.trees:
            return None, 0
        first = site.checks.node(site.trees[0])
        if len(site.trees) == 1 and first.type.kind == "ref":
            return None, 0
        return _constant_text(site.trees[0], site), 1


class InactiveDays(LastActivity):
    type = "INACTIVEDAYS"
    result = _DAYS
    answer = staticmethod(inactive_days)
    doc = text(
        "距 LASTACTIVITY 的天数，按应用时区的日期计。",
        "Days since LASTACTIVITY, counted in dates of the app's time zone.",
    )


class DaysInState(_OfRecord):
    type = "DAYSINSTATE"
    result = _DAYS
    answer = staticmethod(days_in_state)
    parameters = (any_argument("field"),)
    doc = text(
        "字段取得现值以来的天数，按应用时区的日期计；没有记录时为空。",
        "Days since the field got the value it has, counted in dates of the app's time zone; null when the "
        "log does not know.",
    )

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        record, shape = self.subject(site, 1)
        name = own_name(site)
        field = own_rows(site) or site.checks.node(name)
        return Apply(self.result, self, (record, field), (shape.key, name.parts[0]), span=site.span)


class EventCount(_OfRecord):
    type = "EVENTCOUNT"
    result = _COUNT
    answer = staticmethod(event_count)
    parameters = (text_argument("kind"), whole_argument("days"), _RECORD)
    doc = text(
        "最近若干天（每天 24 小时）内的次数：kind 为 created、updated、deleted、restored 时指对本记录的操作；"
        "为表单名时指引用本记录的新记录数。",
        "How often within the last days of 24 hours: created, updated, deleted or restored count what was "
        "done to the record, the key of a form counts its new records that name this one.",
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        kind = _constant_text(site.trees[0], site)
        days = site.fitting(site.trees[1], self.parameters[1])
        record, shape = self.subject(site, 2)
        operation = _OPERATIONS.get(kind)
        links = () if operation else _links(kind, shape, site.trees[0].span, site)
        option = (shape.key, operation, None if operation else kind, links)
        return Apply(self.result, self, (record, days), option, span=site.span)
