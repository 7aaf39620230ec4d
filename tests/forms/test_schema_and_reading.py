"""The JSON Schema of a record and what is read of it agree, over the samples of every field type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.permissions.compiled import UNLIMITED
from engine.runtime import Runtime
from forms.compiled import Form
from forms.field_type import Reading
from forms.nested import is_new
from forms.record_schema import record_schema
from forms.values import BLANK, Problem, visible
from tests.forms.sample import RECORD
from tests.forms.samples import SAMPLES
from tests.forms.sheet import publish_sheet
from tests.forms.shop import field, name
from tests.support.client import AsUser
from tests.support.prepared import Prepared, prepared_by

READING = Reading(ZoneInfo("Asia/Shanghai"))
SHAPE = {"wrong_type", "unknown_part"}
"""What a schema has to say; other problems are about the content."""
FILE = "0190aaaa-0000-7000-8000-0000000000aa"
BESIDE: tuple[Any, ...] = (
    *("", "a", "12", "-3.50", "1.2300", "2026-03-01", "2026-03", "#aabbcc", "x" * 70, RECORD, FILE),
    *(0, 1, 5.0, 1.25, True, False, [], [""], ["a", "a"], [1], [None], [[]], {}, {"a": 1}),
    *({"id": RECORD}, {"id": FILE, "name": "a.pdf"}, {"id": 5}, {"id": "x" * 70}, {"id": None}),
    *([RECORD, RECORD], [{"id": RECORD}], [FILE, FILE], [{"id": FILE}], [{"id": RECORD}, ""]),
)


@pytest.fixture
@prepared_by(publish_sheet)
def form(prepared: Prepared, people: dict[str, Any]) -> Form:
    made: Form = prepared.result
    return made


def values() -> list[Any]:
    """Everything that any type is tried with."""
    sent = [value for sample in SAMPLES.values() for value, _ in sample.valid]
    wrong = [each[0] for sample in SAMPLES.values() for each in sample.wrong]
    known = {repr(value): value for value in (*BESIDE, *sent, *wrong)}
    return [value for value in known.values() if value is not None and len(repr(value)) < 5000]


def verdicts(form: Form) -> Iterator[tuple[str, Any, bool, str | None]]:
    """(field, value, whether the schema takes it, the code of the problem with reading it)."""
    schema, tried = record_schema(form, UNLIMITED)["properties"], values()
    for key in (f"f_{each}" for each in SAMPLES):
        taken = jsonschema.Draft202012Validator(schema[key])
        for value in tried:
            if form.fields[key].type in ("ref", "refs") and _brings_new(value):
                continue  # saved before the rest is read: bodies with new records have their own test
            try:
                form.fields[key].kind.parse(value, READING)
                code = None
            except Problem as problem:
                code = problem.code
            yield key, value, taken.is_valid(value), code


def test_what_the_schema_takes_is_no_wrong_type_and_what_is_read_fits_it(form: Form) -> None:
    astray = []
    for key, value, fits, code in verdicts(form):
        if fits and code in SHAPE:
            astray.append(f"{key} ({form.fields[key].type}): the schema takes {value!r}, {code}")
        if not fits and code is None and not _padded(value):
            astray.append(f"{key} ({form.fields[key].type}): {value!r} is read, the schema does not take it")
    assert not astray, "\n".join(astray)


def _brings_new(value: Any) -> bool:
    return any(map(is_new, value)) if isinstance(value, list) else is_new(value)


def _padded(value: Any) -> bool:
    """Whether a text has spaces around it or signs that show nothing, which are cut off first."""
    if isinstance(value, str):
        return value != visible(value) or BLANK.fullmatch(value) is not None
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_padded, inside))


def test_patterns_are_such_as_browsers_know(form: Form) -> None:
    told = json.dumps(record_schema(form, UNLIMITED))
    assert "{1,0}" not in told
    assert "\\\\Z" not in told


SHOP: dict[str, Any] = {
    "app": {"shop": {"key": "shop", "label": name("shop")}},
    "form": {
        "client": {
            "key": "client",
            "label": name("client"),
            "fields": [field("name", "text", required=True)],
        },
        "order": {
            "key": "order",
            "label": name("order"),
            "fields": [
                field("client", "ref", form="client", required=True),
                field("others", "refs", form="client"),
                field("above", "tree_parent"),
                field("seller", "user"),
                field("kind", "text", required=True, default="plain"),
                field("gift", "text", required=True, visible='kind = "gift"'),
                field(
                    "lines",
                    "subtable",
                    min_rows=1,
                    visible='kind <> "gift"',
                    fields=[field("maker", "ref", form="client"), field("qty", "int", required=True)],
                ),
            ],
        },
    },
}
BODIES: tuple[dict[str, Any], ...] = (
    {"client": {"name": "new"}, "lines": [{"qty": 1}]},
    {"client": {"name": "new"}, "kind": "gift", "gift": "g", "lines": None},
    {"client": {"name": "new"}, "kind": "gift", "gift": "g", "lines": []},
    {"client": {"name": "a"}, "others": [{"name": "b"}], "lines": [{"qty": "2", "maker": {"name": "c"}}]},
    {
        "client": {"name": "a"},
        "owner": {"id": "li"},
        "seller": {"id": "li"},
        "lines": [{"id": None, "qty": 1}],
    },
    {"client": {"name": "a"}, "owner": "li", "dept": "", "seller": "", "above": "", "lines": [{"qty": 1.0}]},
)
NOT_READ: tuple[dict[str, Any], ...] = (
    {"client": {}, "lines": [{"qty": 1}]},
    {"client": None, "lines": [{"qty": 1}]},
    {"lines": [{"qty": 1}]},
    {"client": {"name": "a"}, "seller": {"name": "new"}, "lines": [{"qty": 1}]},
    {"client": {"name": "a"}, "lines": [{"qty": 1, "$delete": "yes"}]},
    {"client": {"name": "a"}, "lines": [{"qty": 1, "other": 1}]},
    {"client": {"name": "a"}, "lines": [{"maker": None}]},
    {"client": {"name": "a"}, "others": {"name": "b"}, "lines": [{"qty": 1}]},
    {"client": {"name": "a"}, "lines": {"qty": 1}},
)


def test_bodies_that_are_taken_fit_the_schema_and_so_do_answers(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, SHOP)
    root = as_user("root")
    orders = "/apps/shop/forms/order/records"
    schema = jsonschema.Draft202012Validator(root.get("/apps/shop/forms/order/schema").json())
    for body in BODIES:
        saved = root.post(orders, body)
        assert saved.status_code == 201, saved.text
        assert [each.message for each in schema.iter_errors(body)] == []
        assert [each.message for each in schema.iter_errors(saved.json())] == []
        changed = root.patch(f"{orders}/{saved.json()['id']}", {**saved.json(), "base_version": 1})
        assert changed.status_code == 200, changed.text
    for body in NOT_READ:
        assert root.post(orders, body).status_code == 422, body
        assert not schema.is_valid(body), body
