"""The rule index finds exactly what a scan of all rules would find."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from rules.match import Entry, Event, build, match

FIELDS = ("stage", "owner", "amount", "note")
VALUES = ("a", "b", "c", None)


def entry(key, *, events=("update",), fields=None, guards=None, priority=100):
    return Entry(
        key,
        (priority, key),
        frozenset(events),
        None if fields is None else frozenset(fields),
        {name: frozenset(values) for name, values in (guards or {}).items()},
    )


def test_update_of_named_fields_ignores_other_fields():
    index = build([entry("r1", fields=["stage"]), entry("r2")])
    assert match(index, Event("update", {}, frozenset({"amount"}))) == ["r2"]
    assert match(index, Event("update", {}, frozenset({"stage", "amount"}))) == ["r1", "r2"]


def test_a_rule_is_found_once_though_several_of_its_fields_change():
    index = build([entry("r1", fields=["stage", "amount"])])
    assert match(index, Event("update", {}, frozenset({"stage", "amount"}))) == ["r1"]


def test_equality_guard_finds_only_the_records_value():
    index = build([entry("won", guards={"stage": ["won"]}), entry("lost", guards={"stage": ["lost"]})])
    assert match(index, Event("update", {"stage": "won"}, frozenset({"stage"}))) == ["won"]
    assert match(index, Event("update", {"stage": None}, frozenset({"stage"}))) == []


def test_priority_orders_and_the_key_breaks_ties():
    index = build([entry("b"), entry("a"), entry("z", priority=1)])
    assert match(index, Event("update", {}, frozenset({"stage"}))) == ["z", "a", "b"]


entries = st.lists(
    st.builds(
        lambda events, fields, guards, priority: (events, fields, guards, priority),
        st.sets(st.sampled_from(["create", "update", "delete"]), min_size=1),
        st.none() | st.sets(st.sampled_from(FIELDS), min_size=1),
        st.dictionaries(st.sampled_from(FIELDS), st.sets(st.sampled_from(VALUES[:3]), min_size=1)),
        st.integers(1, 3),
    ),
    max_size=20,
)


def numbered(specs):
    return [
        entry(f"r{n:02}", events=events, fields=fields, guards=guards, priority=priority)
        for n, (events, fields, guards, priority) in enumerate(specs)
    ]


@given(
    entries,
    st.sampled_from(["create", "update", "delete"]),
    st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in FIELDS}),
    st.sets(st.sampled_from(FIELDS)),
)
def test_the_index_never_misses_and_finds_only_by_event_and_field(specs, event, record, changed):
    rules = numbered(specs)
    found = match(build(rules), Event(event, record, frozenset(changed)))

    def triggered(rule):
        if event not in rule.events:
            return False
        return event != "update" or rule.fields is None or bool(rule.fields & changed)

    def possible(rule):
        return all(record[name] in values for name, values in rule.guards.items())

    order = [rule.rule for rule in sorted(rules, key=lambda each: each.order) if triggered(rule)]
    must = [
        rule.rule for rule in sorted(rules, key=lambda each: each.order) if triggered(rule) and possible(rule)
    ]
    assert set(must) <= set(found) <= set(order)
    assert found == [key for key in order if key in set(found)]


@given(
    entries,
    st.sampled_from(["create", "update"]),
    st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in FIELDS}),
    st.sampled_from(FIELDS),
    st.sampled_from(VALUES),
)
def test_a_field_that_does_not_tell_moves_nothing_that_is_found(specs, event, record, name, value):
    index = build(numbered(specs))
    if name not in index.telling:
        before = match(index, Event(event, record, frozenset({"note"})))
        moved = Event(event, {**record, name: value}, frozenset({"note", name}))
        assert match(index, moved) == before


def test_a_thousand_rules_cost_no_more_than_the_few_in_the_bucket():
    rules = [entry(f"r{n:04}", fields=["stage"], guards={"code": [f"c{n // 3}"]}) for n in range(1000)]
    index = build(rules)
    event = Event("update", {"code": "c100"}, frozenset({"stage", "amount"}))
    assert len(match(index, event)) == 3
    began = time.perf_counter()
    for _ in range(1000):
        match(index, event)
    assert (time.perf_counter() - began) / 1000 < 0.0001
