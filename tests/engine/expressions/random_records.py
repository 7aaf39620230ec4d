"""Random records of the world, a quarter of their values missing, many at the edges."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from engine.expressions.spelling import decimal_text
from tests.engine.expressions.random_expressions import DAYS, TIMES
from tests.engine.expressions.world import DEAL, LINE

FAR = [
    *(str(json.loads(each)) for each in TIMES[:3]),
    "0002-01-01T00:00:00Z",
    "9998-12-31T23:59:59.999999Z",
    "1900-01-01T00:00:00Z",
    "1945-08-14T23:00:00.5Z",
]
LETTERS = [
    "",
    "a",
    "A",
    "b",
    "合同",
    "é",
    "É",
    " ",
    "ß",
    "😀",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "Z",
    "ſ",
    "\u3000",
    "\t",
    "İ",
    "ﬁ",
]


REFERENCES = {"deal": ["h1", "h2"], "customer": ["c1", "c2", "gone"], "user": ["li", "wu", "zo"]}
SMALL = t.number(3, 0)


def random_record(random: Random) -> dict[str, Any]:
    """JSON values of a deal."""
    values = Values(random)
    made = {name: values.maybe(kind) for name, kind in {**DEAL.fields, "m": SMALL}.items()}
    rows = [
        {name: values.maybe(kind) for name, kind in LINE.fields.items()}
        for _ in range(random.choice([0, 1, 2, 3, 3, 7]))
    ]
    return {**made, "id": values.of(DEAL.fields["id"]), "lines": rows}


class Values:
    """Random JSON values of a type."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def maybe(self, kind: Type) -> Any:
        """A value, or none in a fifth of all cases."""
        return None if self.random.random() < 0.2 else self.of(kind)

    def of(self, kind: Type) -> Any:
        """A value."""
        if kind.numeric:
            return self.number(kind.digits, kind.scale)
        if kind.kind == "ref":
            return self.random.choice(REFERENCES[kind.form or ""])
        if kind.kind == "choice":
            return self.random.choice(kind.options or ())
        if kind.kind == "choices":
            known = REFERENCES[kind.item.form or ""] if kind.item is not None else kind.options or ()
            return self.random.sample(known, self.random.randint(0, 2))
        plain = {"date": self.day, "datetime": self.moment, "bool": self.flag, "geo": self.place}
        return plain.get(kind.kind, self.text)()

    def number(self, digits: int, scale: int) -> str:
        size = self.random.choice([0, 1, 2, 3, digits // 2, digits])
        most = 10**size - 1
        value = self.random.choice([0, most, self.random.randint(0, most), 5 * 10 ** max(size - 1, 0)])
        return decimal_text(min(value, 10**digits - 1) * self.random.choice([1, -1]), scale)

    def text(self) -> str | None:
        if self.random.random() < 0.04:
            return self.random.choice(LETTERS[1:8]) * self.random.choice([4_000, 5_000, 9_999, 10_000])
        return "".join(self.random.choice(LETTERS) for _ in range(self.random.randint(0, 6))) or None

    def day(self) -> str:
        return str(json.loads(self.random.choice(DAYS))) if self.random.random() < 0.4 else self.recent()

    def recent(self) -> str:
        year, month, day = (self.random.randint(*each) for each in ((2010, 2030), (1, 12), (1, 28)))
        return f"{year}-{month:02}-{day:02}"

    def moment(self) -> str:
        if self.random.random() < 0.35:
            return self.random.choice(FAR)
        hour, minute, second = (self.random.randint(0, most) for most in (23, 59, 59))
        fraction = self.random.choice(["0", "25", "999999"])
        return f"{self.recent()}T{hour:02}:{minute:02}:{second:02}.{fraction}Z"

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def place(self) -> list[int]:
        degrees = self.random.randint(-90, 90), self.random.randint(-180, 180)
        return [each * 1_000_000 for each in degrees]
