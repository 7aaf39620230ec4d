"""Random writes by one person; each is accepted exactly when the model says so."""

from __future__ import annotations

import random
from typing import Any

from tests.forms.rights.model import PLAIN, Row
from tests.forms.rights.walk import APP, Walk
from tests.support.client import SignedIn

WRITES = 24


def try_writes(walk: Walk, dice: random.Random, *, root: SignedIn) -> None:
    """Single saves, then some of them in a batch; nothing is kept that was refused."""
    for number in range(WRITES):
        form = dice.choice(("account", "deal"))
        row = dice.choice(list(walk.store.rows[form].values()))
        cell = dice.choice([each for each in PLAIN[form] if each not in ("told", "account")])
        value = value_for(dice, cell)
        after = {**row, cell: value}
        may = walk.store.writes(walk.me, form, row, after, cell)
        if number % 3 == 2:
            status = _in_batch(walk, form, row, {cell: value})
        else:
            status = walk.http.patch(f"{APP}/forms/{form}/records/{row['id']}", {cell: value}).status_code
        what = f"write {form}.{cell} of {row['id']} := {value}"
        if may:
            walk.expect(status == 200, f"{what} is refused: {status}")
        else:
            seen = walk.store.sees(walk.me, form, row)
            walk.expect(status in ((403, 422) if seen else (404,)), f"{what}: {status}, seen: {seen}")
        stored = root.get(f"{APP}/forms/{form}/records/{row['id']}").json()[cell]
        if may and status == 200:
            row[cell] = value
        walk.expect(same(stored, row[cell]), f"{what} left {stored}")


def _in_batch(walk: Walk, form: str, row: Row, values: dict[str, Any]) -> int:
    body = {"mode": "partial", "items": [{"op": "update", "id": row["id"], "record": values}]}
    answer = walk.http.post(f"{APP}/forms/{form}/records:batch", body)
    return int(answer.json()["items"][0]["status"]) if answer.status_code == 200 else answer.status_code


def value_for(dice: random.Random, cell: str) -> Any:
    if cell == "level":
        return dice.choice(("a", "b", "c"))
    if cell == "boss":
        return dice.choice(("li", "wang", "qian"))
    if cell in ("budget", "amount"):
        return 100_000_000 + dice.randrange(9 * 10**8)
    if cell == "mobile":
        return f"+86139{dice.randrange(10**8):08d}"
    return f"{cell}w{dice.randrange(10**8)}"


def same(stored: Any, known: Any) -> bool:
    return str(known) == str(stored) or f"{known}.00" == str(stored)
