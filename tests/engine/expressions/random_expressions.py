"""Random well-typed expressions and random records, for the differential test."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.engine.expressions.makers import made_by_subjects

NUMBERS = ["n", "m", "small", "x", "y", "wide", "rate", "amount", "cost", "big", "customer.credit", "$limit"]
ROW_NUMBERS = [*["qty", "price", "amount", "big", "fine"] * 3, "parent.n", "parent.amount"]
WHOLE = ["n", "m", "small"]
TEXTS = ["name", "note", "code", "stage", "owner", "customer.name", "customer.level", "customer.region.name"]
BOOLS = ["flag", "ok"]
DATES = ["d", "d2", "$today", "TODAY()"]
MOMENTS = ["at", "at2", "$now", "NOW()"]
LITERALS = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "0.5",
    "0.01",
    "2.5",
    "100",
    "99999",
    "0.000001",
    "999999999999999",
    "-1",
    "-0.75",
]
WORDS = ['"a"', '"合同"', '"Ab"', '"é"', '"a b"', '" x "', '"%"', '"_"', '"a\'b"', '"😀"', '"ß"', '"İ"']
DAYS = ['"2026-03-01"', '"2024-02-29"', '"2025-12-31"', '"0001-01-01"', '"9999-12-31"', '"1990-06-15"']
TIMES = ['"2026-03-08T06:59:59.999999Z"', '"2025-11-02T05:30:00Z"', '"1990-04-15T18:00:00Z"', '"2026-01-01"']
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


class Maker:
    """Expressions of each type, at most `depth` levels deep."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.row = False

    def one(self, *options: Callable[[], str]) -> str:
        return self.random.choice(options)()

    def either(self, kind: str, depth: int, *options: Callable[[], str]) -> str:
        """One of these, or of what the subjects add to this kind."""
        added = made_by_subjects(kind)
        index = self.random.randrange(len(options) + len(added))
        return options[index]() if index < len(options) else added[index - len(options)](self, depth)

    def pick(self, names: list[str]) -> str:
        return self.random.choice(names)

    def any(self, depth: int) -> str:
        return self.one(
            lambda: self.number(depth),
            lambda: self.bool(depth),
            lambda: self.bool(depth),
            lambda: self.text(depth),
            lambda: self.date(depth),
            lambda: self.moment(depth),
            lambda: self.duration(depth),
        )

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.pick([*ROW_NUMBERS, *LITERALS] if self.row else [*NUMBERS, *LITERALS])
        down = depth - 1
        return self.either(
            "NUMBER",
            down,
            lambda: f"({self.number(down)} {self.pick(['+', '-', '*', '/', '/', '*'])} {self.number(down)})",
            lambda: f"({self.number(down)} {self.pick(['+', '-', '*', '/'])} {self.number(0)})",
            lambda: f"-{self.number(0)}",
            lambda: f"ABS({self.number(down)})",
            lambda: (
                f"{self.pick(['ROUND', 'ROUNDUP', 'ROUNDDOWN'])}({self.number(down)}, {self.random.randint(-4, 6)})"
            ),
            lambda: f"MOD({self.number(down)}, {self.number(down)})",
            lambda: (
                f"{self.pick(['MIN', 'MAX'])}({self.number(down)}, {self.number(0)}, {self.number(down)})"
            ),
            lambda: f"IF({self.bool(down)}, {self.number(down)}, {self.number(down)})",
            lambda: f"COALESCE({self.number(down)}, {self.number(0)})",
            lambda: f"LEN({self.text(down)})",
            lambda: (
                f"{self.pick(['YEAR', 'MONTH', 'DAY'])}({self.one(lambda: self.date(down), lambda: self.moment(down))})"
            ),
            lambda: f"DATEDIFF({self.unit()}, {self.date(down)}, {self.date(down)})",
            lambda: (
                f"DATEDIFF({self.pick(['second', 'minute', 'hour'])!r}, {self.moment(down)}, {self.moment(down)})"
            ),
            lambda: f"({self.date(down)} - {self.date(0)})",
            lambda: self.aggregate(down),
        )

    def aggregate(self, depth: int) -> str:
        if self.row:
            return self.number(0)
        self.row = True
        try:
            kind = self.pick(["SUM", "AVG", "MINOF", "MAXOF"])
            field = self.pick(
                ["lines.amount", "lines.qty * lines.price", "lines.big", "lines.fine", "lines.qty"]
            )
            where = f", {self.bool(depth)}" if self.random.random() < 0.5 else ""
            counted = f"COUNT(lines, {self.bool(depth)})"
            return counted if self.random.random() < 0.2 else f"{kind}({field}{where})"
        finally:
            self.row = False

    def unit(self) -> str:
        return repr(self.pick(["day", "week", "month", "quarter", "year"]))

    def whole(self, depth: int) -> str:
        literal = str(self.random.choice([0, 1, -1, 2, 5, 31, -31, 12, 400, 100000, 999999999999999]))
        field = "qty" if self.row else self.pick(WHOLE)
        return self.one(lambda: literal, lambda: field, lambda: f"ROUND({self.number(depth - 1)})")

    def bool(self, depth: int) -> str:
        if depth <= 0:
            return "gift" if self.row else self.pick(BOOLS)
        down = depth - 1
        sign = self.pick(["=", "<>", "<", "<=", ">", ">="])
        return self.either(
            "BOOL",
            down,
            lambda: f"({self.number(down)} {sign} {self.number(down)})",
            lambda: f"({self.number(down)} {sign} {self.number(0)})",
            lambda: f"({self.text(down)} & '' {sign} {self.text(down)} & '')",
            lambda: f"({self.date(down)} {sign} {self.date(down)})",
            lambda: f"({self.moment(down)} {sign} {self.moment(down)})",
            lambda: f"({self.bool(down)} and {self.bool(down)} and {self.bool(0)})",
            lambda: f"({self.bool(down)} or {self.bool(down)} or {self.bool(0)})",
            lambda: f"not {self.bool(down)}",
            lambda: (
                f"ISBLANK({self.one(lambda: self.text(down), lambda: self.number(down), lambda: self.bool(down))})"
            ),
            lambda: f"({self.number(down)} between {self.number(down)} and {self.number(0)})",
            lambda: f"({self.number(down)} in [{self.number(0)}, {self.number(0)}, 5, 0.5])",
            lambda: f"({self.number(down)} in [1, 2, 2.5])",
            lambda: f"({self.text(down)} in [{', '.join(self.random.sample(WORDS, 3))}])",
            lambda: (
                f"({self.pick(['CONTAINS', 'STARTSWITH'])}({self.text(down)}, {self.text(0)}, {self.pick(['true', 'false'])}))"
            ),
            lambda: f"IF({self.bool(down)}, {self.bool(down)}, {self.bool(0)})",
            lambda: f"({self.bool(down)} = {self.bool(0)})",
            lambda: "(small in $primes)" if not self.row else "(qty in $primes)",
            self.keys,
            lambda: self.quantifier(down),
            lambda: f"({self.duration(down)} {sign} {self.duration(0)})",
            lambda: f"{self.pick(['AND', 'OR'])}({self.bool(down)}, {self.bool(0)})",
            lambda: f"({self.date(down)} between {self.date(0)} and {self.pick(DAYS)})",
            lambda: f"({self.date(down)} in [{self.pick(DAYS)}, {self.date(0)}])",
            lambda: f"({self.moment(down)} >= {self.pick(TIMES)})",
        )

    def keys(self) -> str:
        """Choices, references and the lists of variables."""
        if self.row:
            return "(label = 'a')"
        return self.pick(
            [
                "tags has 'vip'",
                "HAS(tags, code)",
                "('new' in tags)",
                "ISBLANK(tags)",
                "(stage = stage2)",
                "(stage <> 'won')",
                "(stage in ['won', 'lost'])",
                "(region in ['east', 'west'])",
                "(owner = $me)",
                "(owner in $team)",
                "(owner in $nobody)",
                "(customer.region.manager = owner)",
                "(name = $nothing)",
                "(dollars >= 1.5)",
                "(yuan <> 0)",
            ]
        )

    def duration(self, depth: int) -> str:
        """The time between two moments."""
        if depth <= 0:
            return f"({self.moment(0)} - {self.moment(0)})"
        down = depth - 1
        return self.either(
            "DURATION",
            down,
            lambda: f"({self.moment(down)} - {self.moment(0)})",
            lambda: f"({self.duration(down)} {self.pick(['+', '-'])} {self.duration(0)})",
            lambda: f"-{self.duration(0)}",
            lambda: f"IF({self.bool(down)}, {self.duration(down)}, {self.duration(0)})",
            lambda: f"{self.pick(['MIN', 'MAX'])}({self.duration(down)}, {self.duration(0)})",
        )

    def quantifier(self, depth: int) -> str:
        if self.row:
            return self.bool(0)
        self.row = True
        try:
            return f"{self.pick(['ANY', 'ALL'])}(lines, {self.bool(depth)})"
        finally:
            self.row = False

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.pick((["label"] if self.row else TEXTS) + WORDS)
        down = depth - 1
        return self.either(
            "TEXT",
            down,
            lambda: f"{self.pick(['UPPER', 'LOWER', 'TRIM'])}({self.text(down)})",
            lambda: f"LEFT({self.text(down)}, {self.whole(down)})",
            lambda: f"({self.text(down)} & {self.text(down)} & {self.number(0)})",
            lambda: f"TEXT({self.one(lambda: self.number(down), lambda: self.date(down))})",
            lambda: f"IF({self.bool(down)}, {self.text(down)}, {self.text(0)})",
            lambda: f"IFS({self.bool(down)}, {self.text(0)}, {self.bool(0)}, {self.text(down)})",
            lambda: f"COALESCE({self.text(down)}, {self.text(0)})",
            lambda: f"CONCAT({self.text(down)}, {self.number(0)}, {self.text(0)})",
        )

    def date(self, depth: int) -> str:
        if depth <= 0:
            names = ["due", "parent.d"] if self.row else DATES
            return self.one(
                lambda: self.pick(names),
                lambda: self.pick(names),
                lambda: f"STARTOF('day', {self.pick(DAYS)})",
            )
        down = depth - 1
        return self.either(
            "DATE",
            down,
            lambda: f"DATEADD({self.unit()}, {self.whole(down)}, {self.date(down)})",
            lambda: f"STARTOF({self.unit()}, {self.date(down)})",
            lambda: f"TODATE({self.moment(down)})",
            lambda: f"({self.date(down)} {self.pick(['+', '-'])} {self.whole(0)})",
            lambda: f"{self.pick(['MIN', 'MAX'])}({self.date(down)}, {self.date(0)})",
            lambda: f"IF({self.bool(down)}, {self.date(down)}, {self.date(0)})",
            lambda: f"DATE({self.whole(0)}, {self.whole(0)}, {self.whole(0)})",
        )

    def moment(self, depth: int) -> str:
        if depth <= 0:
            names = ["at", "parent.at"] if self.row else MOMENTS
            return self.pick(names)
        down = depth - 1
        unit = repr(self.pick(["second", "minute", "hour", "day", "week", "month", "quarter", "year"]))
        start = repr(self.pick(["hour", "day", "week", "month", "quarter", "year"]))
        return self.either(
            "MOMENT",
            down,
            lambda: f"DATEADD({unit}, {self.whole(down)}, {self.moment(down)})",
            lambda: f"STARTOF({start}, {self.moment(down)})",
            lambda: f"({self.moment(down)} {self.pick(['+', '-'])} ({self.moment(0)} - {self.moment(0)}))",
            lambda: f"COALESCE({self.moment(down)}, {self.pick(TIMES)})",
            lambda: f"{self.pick(['MIN', 'MAX'])}({self.moment(down)}, {self.moment(0)})",
        )


def random_record(random: Random) -> dict[str, Any]:
    """JSON values of a deal, a quarter of them missing, many at the edges."""

    def maybe(make: Callable[[], Any]) -> Any:
        return None if random.random() < 0.2 else make()

    def number(digits: int, scale: int) -> str:
        size = random.choice([0, 1, 2, 3, digits // 2, digits])
        value = random.choice([0, 10**size - 1, random.randint(0, 10**size - 1), 5 * 10 ** max(size - 1, 0)])
        value = min(value, 10**digits - 1) * random.choice([1, -1])
        spelling = str(abs(value)).rjust(scale + 1, "0")
        whole = spelling[:-scale] + "." + spelling[-scale:] if scale else spelling
        return ("-" if value < 0 else "") + whole

    def text() -> str | None:
        if random.random() < 0.04:
            return random.choice(LETTERS[1:8]) * random.choice([4_000, 5_000, 9_999, 10_000])
        return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 6))) or None

    def some_day() -> str:
        return f"20{random.randint(10, 30)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"

    def day() -> str:
        return str(json.loads(random.choice(DAYS))) if random.random() < 0.4 else some_day()

    def time() -> str:
        if random.random() < 0.3:
            return str(json.loads(random.choice(TIMES[:3])))
        hour, minute, second = random.randint(0, 23), random.randint(0, 59), random.randint(0, 59)
        return f"{some_day()}T{hour:02}:{minute:02}:{second:02}.{random.choice(['0', '25', '999999'])}Z"

    def flag() -> bool:
        return random.random() < 0.5

    def line() -> dict[str, Any]:
        made = {"qty": number(9, 0), "price": number(15, 2), "amount": number(15, 2), "big": number(18, 0)}
        made |= {"fine": number(21, 6), "gift": flag(), "due": day(), "at": time(), "label": text()}
        return {key: maybe(lambda value=value: value) for key, value in made.items()}

    return {
        "id": random.choice(["h1", "h2"]),
        "region": maybe(lambda: random.choice(["east", "north", "west", "south"])),
        "stage2": maybe(lambda: random.choice(["won", "lost", "other"])),
        "big2": maybe(lambda: number(18, 0)),
        "dollars": maybe(lambda: number(18, 2)),
        "yuan": maybe(lambda: number(18, 2)),
        "name": maybe(text),
        "note": maybe(text),
        "code": maybe(text),
        "stage": maybe(lambda: random.choice(["open", "won", "lost"])),
        "tags": maybe(lambda: random.sample(["vip", "new", "old"], random.randint(0, 2))),
        "n": maybe(lambda: number(15, 0)),
        "m": maybe(lambda: number(3, 0)),
        "small": maybe(lambda: number(4, 0)),
        "big": maybe(lambda: number(18, 0)),
        "x": maybe(lambda: number(18, 6)),
        "y": maybe(lambda: number(9, 3)),
        "wide": maybe(lambda: number(21, 6)),
        "rate": maybe(lambda: number(9, 4)),
        "amount": maybe(lambda: number(15, 2)),
        "cost": maybe(lambda: number(15, 2)),
        "d": maybe(day),
        "d2": maybe(day),
        "at": maybe(time),
        "at2": maybe(time),
        "flag": maybe(flag),
        "ok": maybe(flag),
        "customer": maybe(lambda: random.choice(["c1", "c2", "gone"])),
        "owner": maybe(lambda: random.choice(["li", "wu", "zo"])),
        "lines": [line() for _ in range(random.choice([0, 1, 2, 3, 3, 7]))],
    }
