"""Every example of docs/expressions.md, evaluated on the ticket that the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, blocks, code, table
from tests.engine.expressions.world import spelled

PAGE = "expressions.md"
PEOPLE = {
    "users": [
        {"id": key, "name": {"zh": key, "en": key}, "roles": roles}
        for key, roles in {"mei": ["engineer"], "tan": ["site_manager"], "root": ["admin"]}.items()
    ]
}


@dataclass
class Desk:
    """The ticket, and what expressions see."""

    record: dict[str, Any]
    env: Any
    scope: Any
    old_env: Any
    old_scope: Any


@pytest.fixture
def desk(runtime: Any, repair_folder: Path, principal: Any) -> Iterator[Desk]:
    from api.cli.apps import apply_folder
    from engine.expressions import Scope
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM
    from forms import api_records, records
    from forms.compiled import compiled_form
    from forms.environment import environment
    from forms.system_forms import SYSTEM_FORMS

    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, PEOPLE)
    apply_folder(runtime, repair_folder)
    block = next(each for each in blocks(PAGE, "json") if not each.name)
    given = json.loads(block.text)
    with runtime.unit_of_work(principal("mei")) as work:
        app = work.app("repair")
        form = compiled_form(app, "ticket")
        with work.as_system("engine"):
            given["site"] = api_records.create_json(work, app, compiled_form(app, "site"), given["site"])[
                "id"
            ]
        made = api_records.create_json(work, app, form, {**given, "problem": "滴水"})
        before = records.load(work, form, made["id"])
        api_records.update_json(work, app, form, made["id"], {"problem": given["problem"]})
        record = records.load(work, form, made["id"])

        def shape(key: str) -> Any:
            system = SYSTEM_FORMS.get(key)
            return system.shape() if system is not None else compiled_form(app, key).shape

        yield Desk(
            record,
            environment(work, app),
            Scope(form.shape, shape, app.variables, calendars=app.calendars),
            environment(work, app, old=before),
            Scope(form.shape, shape, app.variables, old=True, calendars=app.calendars),
        )


@pytest.mark.database("sqlite")
def test_every_example_gives_what_the_page_says(desk: Desk) -> None:
    from engine.expressions import check

    rows = table(PAGE, "表达式 / expression", "结果 / result")
    assert len(rows) > 30
    for row in rows:
        checked = check(code(row["表达式 / expression"]), desk.scope)
        given = spelled(checked.evaluate(desk.record, desk.env), checked.type)
        assert f"`{given}`" == row["结果 / result"], row


@pytest.mark.database("sqlite")
def test_examples_of_rules_know_what_was_there_before(desk: Desk) -> None:
    from engine.expressions import check

    rows = table(PAGE, "规则中的表达式 / in a rule", "结果 / result")
    for row in rows:
        checked = check(code(row["规则中的表达式 / in a rule"]), desk.old_scope)
        given = spelled(checked.evaluate(desk.record, desk.old_env), checked.type)
        assert f"`{given}`" == row["结果 / result"], row
    assert rows


@pytest.mark.database("sqlite")
def test_both_spellings_of_a_condition_are_the_same(desk: Desk) -> None:
    from engine.expressions import check

    rows = table(PAGE, "JSON", "文本 / text")
    for row in rows:
        from_json = check(json.loads(code(row["JSON"])), desk.scope)
        from_text = check(code(row["文本 / text"]), desk.scope)
        assert from_json.canonical() == from_text.canonical(), row
        assert check(from_text.to_json_condition(), desk.scope).canonical() == from_text.canonical(), row
    assert rows


@pytest.mark.database("sqlite")
def test_mistakes_are_named_with_advice(desk: Desk) -> None:
    from engine.expressions import ExpressionError, check

    rows = table(PAGE, "写了 / written", "代码 / code", "它说 / it says")
    for row in rows:
        with pytest.raises(ExpressionError) as refused:
            check(code(row["写了 / written"]), desk.scope)
        wrong = refused.value
        advice = wrong.fix if wrong.fix["en"] else wrong.message
        given = (wrong.code, f"{advice['zh']} / {advice['en']}")
        assert given == (code(row["代码 / code"]), row["它说 / it says"]), row
    assert rows


@pytest.mark.database("sqlite")
def test_the_page_shows_why_a_condition_holds(desk: Desk) -> None:
    from engine.expressions import check, trace

    (shown,) = [each for each in blocks(PAGE, "json") if each.name == "why"]
    wanted = json.loads(shown.text)
    checked = check(wanted["text"], desk.scope)
    assert trace(checked, desk.record, desk.env).as_json() == wanted
    assert f"`{wanted['text']}`" in (DOCS / PAGE).read_text("utf-8")
