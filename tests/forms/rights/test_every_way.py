"""No cell is seen that no single grant allows, and no write accepted: random roles, every way in and out."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.rights.model import FORMS, PEOPLE, SHEETS, VIEWS, Row, Store, random_roles
from tests.forms.rights.walk import APP, Walk
from tests.forms.rights.writes import try_writes
from tests.forms.shop import name
from tests.support.client import AsUser, SignedIn

ROUNDS = int(os.environ.get("FOURFOLD_RIGHTS_ROUNDS", "1"))
FIRST = int(os.environ.get("FOURFOLD_RIGHTS_FIRST", "1"))
OWNERS = ("li", "wang", "qian", "sun")
LEVELS = ("a", "b", "c", "a", "b")


def put(runtime: Runtime, roles: dict[str, Any]) -> None:
    documents = {
        "app": {"vault": {"key": "vault", "label": name("vault")}},
        "form": FORMS,
        "role": roles,
        "view": VIEWS,
        "print_template": SHEETS,
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)


def filled(root: SignedIn, dice: random.Random) -> Store:
    """Accounts and deals in which every cell has a value of its own."""
    store = Store()
    for at, level in enumerate(LEVELS):
        row = {
            "name": f"name{at}q{dice.randrange(10**8)}",
            "level": level,
            "note": f"note{at}q{dice.randrange(10**8)}",
            "mobile": f"+861381234567{at}",
            "budget": 100_000_000 + 200_000_000 * at + dice.randrange(10**8),
            "boss": dice.choice(OWNERS),
            "owner": OWNERS[at % len(OWNERS)],
            "lines": [{"item": f"item{at}q{dice.randrange(10**8)}", "price": 300_000_000 + at * 17 + 1}],
        }
        add(root, store, "account", row, paper(root, dice))
    for at, account in enumerate(store.rows["account"]):
        row = {
            "title": f"title{at}q{dice.randrange(10**8)}",
            "account": account,
            "amount": 700_000_000 + dice.randrange(10**8),
            "secret": f"secret{at}q{dice.randrange(10**8)}",
            "owner": dice.choice(OWNERS),
        }
        add(root, store, "deal", row, {})
    return store


def paper(root: SignedIn, dice: random.Random) -> Row:
    """A file that is uploaded: its id, and what tells it."""
    called, content = f"paper{dice.randrange(10**8)}q.txt", f"words{dice.randrange(10**8)}q"
    sent = root.request("POST", "/uploads", params={"name": called}, content=content.encode())
    assert sent.status_code == 201, sent.text
    return {"paper": sent.json()["id"], "called": called, "content": content}


def add(root: SignedIn, store: Store, form: str, row: Row, file: Row) -> None:
    body = {**row, "paper": file["paper"]} if file else row
    made = root.post(f"{APP}/forms/{form}/records", body)
    assert made.status_code == 201, made.text
    store.rows[form][made.json()["id"]] = {**row, **file, "id": made.json()["id"]}


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
def test_every_way_shows_what_one_grant_allows_and_takes_what_one_grant_allows(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser, seed: int
) -> None:
    dice = random.Random(seed)
    put(runtime, {})
    store = filled(as_user("root"), dice)
    roles = random_roles(dice, store)
    put(runtime, roles)
    wrong: list[str] = []
    for person in PEOPLE:
        walk = Walk(runtime, store, person, as_user(person.user))
        walk.everything()
        walk.names_unknown()
        try_writes(walk, dice, root=as_user("root"))
        wrong += walk.wrong
        assert walk.asked > 100
    assert not wrong, f"seed {seed}, roles {roles}:\n" + "\n".join(dict.fromkeys(wrong))
