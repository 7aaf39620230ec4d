"""Which derived values are stored, in what order they are computed, and whose change moves them."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from engine.definitions.context import Context
from engine.findings import Text
from forms.compiled import ChildTable, Field, Form
from forms.read_fields import all_rows, field_pointer

Place = tuple[str, str | None, str]
"""(form, child table or None, field)."""


def arrange(forms: dict[str, Form], context: Context) -> None:
    """Decide stored or virtual, refuse cycles, and set `order`, `feeds` and `referrers` of every form."""
    graph = _graph(forms)
    if _has_cycle(graph, forms, context):
        return
    places = list(nx.topological_sort(graph))
    for place in places:
        _decide(forms, place, context)
    for form in forms.values():
        form.order = tuple(
            (child, key)
            for owner, child, key in places
            if owner == form.key and _computed(forms, (owner, child, key))
        )
        form.feeds = tuple(
            (other.key, field.key)
            for other in forms.values()
            for field in other.fields.values()
            if field.rollup is not None and field.stored and field.rollup.form == form.key
        )
    _find_referrers(forms)
    for form, child, _pointer in all_rows(forms.values()):
        (child or form).settle()


def _field(forms: dict[str, Form], place: Place) -> Field:
    form = forms[place[0]]
    found = (form.children[place[1]] if place[1] else form).find(place[2])
    if found is None:
        raise LookupError(place)
    return found


def _computed(forms: dict[str, Form], place: Place) -> bool:
    field = _field(forms, place)
    return field.source in ("formula", "copy") and field.stored


def _graph(forms: dict[str, Form]) -> nx.DiGraph[Place]:
    graph: nx.DiGraph[Place] = nx.DiGraph()
    for form, child, _pointer in all_rows(forms.values()):
        for field in (child or form).fields.values():
            here = (form.key, child.key if child else None, field.key)
            graph.add_node(here)
            for source in reads(forms, form, child, field):
                graph.add_edge(source, here)
    return graph


def reads(forms: dict[str, Form], form: Form, child: ChildTable | None, field: Field) -> Iterable[Place]:
    """The places whose values a derived field is computed from."""
    if field.rollup is not None:
        yield from ((field.rollup.form, rows, key) for rows, key in field.rollup.reads)
    if field.expression is not None:
        for path in field.expression.dependencies:
            yield from _along(forms, form, child, path)


def _along(
    forms: dict[str, Form], form: Form, child: ChildTable | None, path: tuple[str, ...]
) -> Iterable[Place]:
    if path and path[0] == "parent" and child is not None:
        child, path = None, path[1:]
    here: Form | None = form
    for name in path:
        if here is None:
            return
        if child is None and name in here.children:
            child = here.children[name]
            continue
        if child is None and name in here.referring:
            link = here.referring[name]
            yield link.form, None, link.link
            here = forms.get(link.form)
            continue
        field = (child or here).find(name)
        if field is None:
            return
        yield here.key, child.key if child else None, name
        here, child = forms.get(field.value_type.form or ""), None


def _has_cycle(graph: nx.DiGraph[Place], forms: dict[str, Form], context: Context) -> bool:
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return False
    places = [edge[0] for edge in cycle]
    names = " → ".join(".".join(filter(None, place)) for place in [*places, places[0]])
    form = forms[places[0][0]]
    child = form.children[places[0][1]] if places[0][1] else None
    context.error(
        "formula_cycle",
        field_pointer(form, child, places[0][2]),
        Text(
            zh=f"公式互相引用成环：{names}。", en=f"These formulas depend on each other in a circle: {names}."
        ),
        Text(zh="请断开其中一处。", en="Break the circle at one place."),
    )
    return True


def _decide(forms: dict[str, Form], place: Place, context: Context) -> None:
    form = forms[place[0]]
    child = form.children[place[1]] if place[1] else None
    field = _field(forms, place)
    if field.source == "lookup":
        field.stored = False
    elif field.source == "formula" and field.expression is not None:
        field.stored = not field.expression.volatile and _local(forms, form, child, field)
    elif field.rollup is not None:
        where = field.rollup.where
        steady = all(_field(forms, read).stored for read in reads(forms, form, child, field))
        near = where is None or _near(where.dependencies, in_rows=field.rollup.rows is not None)
        field.stored = steady and near and (where is None or not where.volatile)
    if not field.stored and field.expression is not None and not field.expression.pushable:
        names = "、".join(field.expression.not_pushable)
        context.error(
            "not_pushable",
            field_pointer(form, child, place[2]),
            Text(
                zh=f"该公式引用其他表单或当前时间，须在数据库中计算，不能使用：{names}。",
                en=f"This formula reads other forms or the present time, so it runs in the database and cannot use {names}.",
            ),
        )


def _near(dependencies: Iterable[tuple[str, ...]], *, in_rows: bool) -> bool:
    return all(len(path) == (2 if in_rows and path[0] == "parent" else 1) for path in dependencies)


def _local(forms: dict[str, Form], form: Form, child: ChildTable | None, field: Field) -> bool:
    """Whether the formula reads only this record's own stored values."""
    if field.expression is None:
        return False
    if field.expression.referring:
        return False
    for path in field.expression.dependencies:
        places = list(_along(forms, form, child, path))
        if any(place[0] != form.key for place in places) or not all(_field(forms, p).stored for p in places):
            return False
        hops = len(path) - (1 if path[0] == "parent" or path[0] in form.children else 0)
        if hops > 1:
            return False
    return True


def _find_referrers(forms: dict[str, Form]) -> None:
    """For each form, which reference fields elsewhere name its records: (form, child, field)."""
    found: dict[str, list[tuple[str, str | None, str]]] = {}
    for form, child, _pointer in all_rows(forms.values()):
        for field in (child or form).fields.values():
            for target in field.targets if field.stored and not field.system else ():
                if target in forms:
                    place = (form.key, child.key if child else None, field.key)
                    found.setdefault(target, []).append(place)
    for key, referrers in found.items():
        forms[key].referrers = tuple(referrers)
