"""Random well-typed expressions, for the differential test."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

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
            lambda: self.pick(
                ["tags", "here", "IF(flag, stage, stage2)", "COALESCE(here, there)", "customer.region"]
            ),
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
            self.event,
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
                "HASANY(tags, code, 'vip')",
                "HASANY(tags, marks)",
                "HASANY(helpers, $team)",
                "HASANY(helpers, $nobody)",
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
                "ISBLANK(here)",
                "(GEODISTANCE(here, there) > 1000000)",
                "(IF(flag, stage, region) in ['won', 'east', 'x'])",
                "CONTAINS(IF(ok, stage, stage2), code)",
            ]
        )

    def event(self) -> str:
        """What the change did."""
        if self.row:
            return "gift"
        field = self.pick(["n", "amount", "name", "d", "at", "flag", "stage", "tags", "customer", "lines"])
        known = field if field not in {"tags", "lines", "customer"} else "n"
        return self.pick(
            ["ISNEW()", f"CHANGED({field})", f"(OLD({known}) = {known})", f"ISBLANK(old.{known})"]
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
