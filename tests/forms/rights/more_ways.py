"""Further ways of writing and asking, each accepted exactly when the model says so."""

from __future__ import annotations

import json
import random
from typing import Any

from engine.jobs.worker import Worker
from tests.forms.rights.model import PLAIN, Row
from tests.forms.rights.walk import APP, Walk
from tests.forms.rights.writes import same, value_for
from tests.support.client import API, SignedIn

CREATED = 4
IDLE = {"account": {"lines": []}, "deal": {}}


def try_more(walk: Walk, dice: random.Random, *, root: SignedIn) -> None:
    """New records, changes of many, create-or-update, imports, deletions, links, and what takes other rights."""
    for _ in range(CREATED):
        _create(walk, dice, root)
        _change_many(walk, dice, root)
        _upsert(walk, dice, root)
    _import(walk, dice, root)
    _delete(walk, dice, root)
    _link(walk, dice, root)
    _of_designers(walk)


def _new(walk: Walk, dice: random.Random, form: str) -> tuple[Row, bool]:
    """The values of a new record, and whether the person may save them."""
    store, me = walk.store, walk.me
    cells = [each for each in PLAIN[form] if each not in ("told", "account")]
    values = {cell: value_for(dice, cell) for cell in dice.sample(cells, dice.randint(1, 3))}
    known = True
    if form == "deal":
        values["account"] = dice.choice(list(store.rows["account"]))
        known = store.sees(me, "account", store.rows["account"][values["account"]])
    blank = dict.fromkeys(PLAIN[form])
    after = {**blank, **IDLE[form], **values, "owner": me.user}
    return values, known and store.creates(me, form, after, values)


def _create(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    form = dice.choice(("account", "deal"))
    values, may = _new(walk, dice, form)
    answer = walk.post(f"/forms/{form}/records", values)
    status = answer.status_code
    walk.expect(status == 201 if may else status in (403, 422), f"create {form} {values}: {status}, {may}")
    if status == 201:
        _undone(root, form, answer.json()["id"])


def _undone(root: SignedIn, form: str, record: str) -> None:
    gone = root.delete(f"{APP}/forms/{form}/records/{record}")
    assert gone.status_code == 204, gone.text


def _one(walk: Walk, dice: random.Random, form: str) -> tuple[Row, str, Any, bool]:
    """A record, a cell, a new value of it, and whether the person may write it there."""
    row = dice.choice(list(walk.store.rows[form].values()))
    cell = dice.choice([each for each in PLAIN[form] if each not in ("told", "account", "name")])
    value = value_for(dice, cell)
    return row, cell, value, walk.store.writes(walk.me, form, row, {**row, cell: value}, cell)


def _settle(walk: Walk, root: SignedIn, form: str, row: Row, cell: str, value: Any, what: str) -> None:
    """The store of the model follows what is stored, which is the old value or the new one."""
    stored = root.get(f"{APP}/forms/{form}/records/{row['id']}").json()[cell]
    if same(stored, value):
        row[cell] = value
    walk.expect(same(stored, row[cell]), f"{what} left {stored}")


def _change_many(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    """By ids or by a filter; what may not be written of it keeps its value."""
    form = dice.choice(("account", "deal"))
    row, cell, value, may = _one(walk, dice, form)
    title = {"account": "name", "deal": "title"}[form]
    by_name = dice.random() < 0.4 and cell != title
    aim: dict[str, Any] = {"filter": {title: row[title]}} if by_name else {"ids": [row["id"]]}
    answer = walk.post(f"/forms/{form}/records:update", {"set": {cell: value}, "mode": "partial", **aim})
    done = answer.json().get("done", 0) if answer.status_code == 200 else 0
    found = not by_name or walk.store.shows(walk.me, form, row, title)
    what = f"change of many {form}.{cell} by {list(aim)}"
    if found:
        walk.expect(bool(done) == may, f"{what}: {answer.status_code} {done}, {may}")
    walk.expect(may or not done, f"{what} is accepted")
    _settle(walk, root, form, row, cell, value if may else row[cell], what)


def _upsert(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    row, cell, value, may = _one(walk, dice, "account")
    may = may and walk.store.writes(walk.me, "account", row, {**row, cell: value}, "name")
    body = {"mode": "partial", "items": [{"name": row["name"], cell: value}]}
    answer = walk.post("/forms/account/records:upsert?on=name", body)
    done = answer.json().get("done", 0) if answer.status_code == 200 else 0
    named = any(walk.store.shows(walk.me, "account", each, "name") for each in walk.rows("account"))
    what = f"upsert account.{cell}"
    walk.expect(bool(done) == may if named else not done, f"{what}: {answer.status_code} {done}, {may}")
    _settle(walk, root, "account", row, cell, value if may else row[cell], what)


def _import(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    """A file that changes every account it may; a dry run tells of each row what the run does."""
    rows, cell = walk.rows("account"), dice.choice(("note", "level", "budget"))
    values = {row["id"]: value_for(dice, cell) for row in rows}
    lines = [f"{row['name']},{values[row['id']]}" for row in rows]
    options = {"mode": "update", "on": ["name"], "by": "key"}
    begun = walk.http.request(
        "POST",
        f"{APP}/forms/account/imports",
        params={"name": "a.csv", "options": json.dumps(options)},
        content="\n".join([f"name,{cell}", *lines]).encode(),
    )
    walk.kept(begun, "begin import")
    if begun.status_code == 202:
        Worker(walk.runtime).run_due()
        place = begun.headers["location"]
        for path in (place, f"{place}/errors"):
            answer = walk.http.get(path)
            walk.kept(answer, f"import {lines}")
    for row in rows:
        after = {**row, cell: values[row["id"]]}
        may = begun.status_code == 202 and all(
            walk.store.writes(walk.me, "account", row, after, cell, action) for action in ("update", "import")
        )
        value = values[row["id"]] if may else row[cell]
        _settle(walk, root, "account", row, cell, value, f"import of account.{cell}")


def _delete(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    for row in dice.sample(walk.rows("deal"), 2):
        path = f"{APP}/forms/deal/records/{row['id']}"
        sees = walk.store.sees(walk.me, "deal", row)
        may = sees and bool(walk.store.holding(walk.me, "deal", "delete", row))
        status = walk.http.delete(path).status_code
        wanted = 204 if may else 403 if sees else 404
        walk.expect(status == wanted, f"delete {row['id']}: {status}, not {wanted}")
        if status == 204:
            back = root.post(f"{path}:restore")
            assert back.status_code == 200, back.text


def _link(walk: Walk, dice: random.Random, root: SignedIn) -> None:
    """An entry from outside has the rights of who made the link, no more."""
    values, may = _new(walk, dice, "account")
    given = {cell: value for cell, value in values.items() if cell != "boss"}
    body = {"label": "link", "fields": list(given) or ["name"]}
    made = walk.post("/forms/account/links", body)
    if made.status_code != 201:
        return
    public = f"{API}/public/forms/{made.json()['token']}"
    seen = walk.http.client.get(public)
    walk.kept(seen, "public form")
    entered = walk.http.client.post(public, json=given)
    walk.kept(entered, f"entry {given}")
    after = {**dict.fromkeys(PLAIN["account"]), "lines": [], **given, "owner": walk.me.user}
    may = walk.store.creates(walk.me, "account", after, given)
    walk.expect((entered.status_code == 201) == may, f"entry {given}: {entered.status_code}, {may}")
    for each in root.get(f"{APP}/forms/account/records", params={"limit": 100}).json()["items"]:
        if each["id"] not in walk.store.rows["account"]:
            _undone(root, "account", each["id"])


def _of_designers(walk: Walk) -> None:
    """What needs another right than one on records is refused."""
    place = {"kind": "form", "key": "account", "place": "condition", "form": "account"}
    trial = {"expression": "note", "context": place, "record": next(iter(walk.store.rows["account"]))}
    for answer in (
        walk.post("/draft/expressions:evaluate", trial),
        walk.http.get("/events", params={"after": 0}),
        walk.http.get("/log"),
        walk.http.get(f"{APP}/forms/account/records/{trial['record']}/explain?user=root"),
    ):
        walk.kept(answer, "what designers and administrators ask")
        walk.expect(answer.status_code in (403, 404), f"{answer.url}: {answer.status_code}")
