"""Whatever modules add: the app's own parts stay as they are, and every part is known where it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.boot import BUILT_INS
from engine.definitions.check import kinds
from engine.definitions.modules.compose import composed
from engine.definitions.modules.composition import Composition
from engine.definitions.pointers import Path, Spot, value_at
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import field, options
from tests.engine.definitions.modules.warranty import module, with_modules

KINDS = kinds(fill(extensions(BUILT_INS)))
NAMES = st.sampled_from(["name", "short", "level", "credit", "shown", "x1", "x2", "x3", "x4", "lines"])
PLACES = st.one_of(st.none(), NAMES, st.just("end"))


def placed(member: dict[str, Any], place: str | None) -> dict[str, Any]:
    return member if place == "end" else {**member, "after": place}


def rows(names: list[str]) -> list[dict[str, Any]]:
    return [field(name, "text") for name in dict.fromkeys(names)]


MEMBERS = st.one_of(
    st.builds(lambda key, place: placed(field(key, "text"), place), NAMES, PLACES),
    st.builds(lambda keys: {"key": "level", "options": options(*keys)}, st.lists(NAMES, max_size=3)),
    st.builds(
        lambda names, place: placed(field("lines", "subtable", fields=rows(names)), place),
        st.lists(NAMES, max_size=3),
        PLACES,
    ),
    st.builds(
        lambda key, place: {"key": "lines", "fields": [placed(field(key, "text"), place)]}, NAMES, PLACES
    ),
)
COLUMNS = st.one_of(NAMES, st.builds(lambda name, after: {"value": name, "after": after}, NAMES, PLACES))
EXTENSIONS = st.builds(
    lambda members, columns, more: {
        "form": {"client": {"fields": members, **more}},
        "view": {"clients": {"columns": columns}},
    },
    st.lists(MEMBERS, max_size=5),
    st.lists(COLUMNS, max_size=3),
    st.sampled_from([{}, {"title": "short"}, {"validations": []}, {"unique": [{"fields": ["name"]}]}]),
)


@st.composite
def modules(draw: Any) -> list[dict[str, Any]]:
    made = []
    for key in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        requires = [each["key"] for each in made if draw(st.booleans())]
        made.append(module(key, requires=requires, extend=draw(EXTENSIONS)))
    return made


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path, value


def all_leaves(made: Composition) -> Iterator[tuple[Path, Any]]:
    for kind, objects in made.documents.items():
        for key, document in objects.items():
            yield from leaves(document, (kind, key))


@settings(max_examples=150, deadline=None)
@given(modules())
def test_every_part_is_what_stands_where_it_is_written(given_modules: list[dict[str, Any]]) -> None:
    source = with_modules(*given_modules)
    made = composed(source, KINDS)
    for path, value in all_leaves(made):
        kind, key, *inside = made.written(path)
        assert value_at(source, Spot(str(kind), str(key), tuple(inside))) == value
        if kind == "module":
            assert made.shown((kind, key, *inside)) == path


@settings(max_examples=150, deadline=None)
@given(modules())
def test_what_the_app_itself_says_stands_there_in_its_order(given_modules: list[dict[str, Any]]) -> None:
    source = with_modules(*given_modules)
    made = composed(source, KINDS)
    own = [made.written(path) for path, _ in all_leaves(made)]
    assert [path for path in own if path[0] != "module"] == [
        path for path, _ in all_leaves(composed({**source, "module": {}}, KINDS))
    ]


@settings(max_examples=100, deadline=None)
@given(modules())
def test_no_name_stands_twice_and_what_stays_out_is_reported(given_modules: list[dict[str, Any]]) -> None:
    made = composed(with_modules(*given_modules), KINDS)
    fields = made.documents["form"]["client"]["fields"]
    keys = [each["key"] for each in fields]
    assert len(set(keys)) == len(keys)
    columns = made.documents["view"]["clients"]["columns"]
    assert len(set(columns)) == len(columns)
    wanted = {
        member["key"] for each in given_modules for member in each["extend"]["form"]["client"]["fields"]
    }
    reported = any(finding.code in {"module_conflict", "module_unknown_target"} for finding in made.findings)
    assert wanted <= set(keys) or reported
