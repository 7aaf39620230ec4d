"""What rights mean, said a second time and plainly: random roles over a small app, and who may see which cell."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.forms.shop import field as made
from tests.forms.shop import name, option

Row = dict[str, Any]
Holds = Callable[["Case"], bool]

ACCOUNT = {
    "key": "account",
    "label": name("account"),
    "title": "name",
    "search": ["name", "note"],
    "fields": [
        made("name", "text", unique=True),
        made("level", "select", options=option("a", "b", "c")),
        made("note", "textarea"),
        made("mobile", "phone"),
        made("budget", "money"),
        made("boss", "user"),
        made("paper", "file"),
        made("deals", "backlink", form="deal", link="account"),
        made("lines", "subtable", fields=[made("item", "text"), made("price", "money")]),
    ],
}
DEAL = {
    "key": "deal",
    "label": name("deal"),
    "title": "title",
    "search": ["title", "secret"],
    "fields": [
        made("title", "text"),
        made("account", "ref", form="account", on_delete="restrict"),
        made("amount", "money"),
        made("told", "lookup", path="account.note"),
        made("secret", "text"),
    ],
}
FORMS = {"account": ACCOUNT, "deal": DEAL}
VIEWS = {
    f"{key}s": {
        "key": f"{key}s",
        "label": name(key),
        "form": key,
        "layout": "list",
        "columns": columns,
    }
    for key, columns in {
        "account": ["name", "note", "mobile", "budget", "level"],
        "deal": ["title", "account", "account.name", "account.note", "amount", "told", "secret"],
    }.items()
}
SHEETS = {
    key: {"key": key, "label": name(key), "form": key, "body": {"zh": body}}
    for key, body in {
        "account": "<p>{{name}} {{note}} {{mobile}} {{budget}} {{SUM(lines.price)}}</p>",
        "deal": "<p>{{title}} {{account.name}} {{account.note}} {{amount}} {{told}} {{secret}}</p>",
    }.items()
}

CELLS = {
    "account": ("name", "note", "mobile", "budget", "lines.item", "lines.price"),
    "deal": ("title", "amount", "secret"),
}
PLAIN = {
    "account": ("name", "level", "note", "mobile", "budget", "boss"),
    "deal": ("title", "account", "amount", "told", "secret"),
}
DENIABLE = {
    "account": ("name", "note", "mobile", "budget", "level", "paper", "lines", "lines.item", "lines.price"),
    "deal": ("title", "amount", "secret", "account", "told"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the tests: where they stand and which roles they were given."""

    user: str
    dept: str
    above: tuple[str, ...]
    team: tuple[str, ...]
    roles: tuple[str, ...]


PEOPLE = (
    Person("li", "east_js", ("east", "sales", "group"), ("li",), ("sales_rep",)),
    Person("wang", "east", ("sales", "group"), ("wang", "li", "sun", "zhou"), ("regional_manager",)),
    Person("qian", "finance", ("group",), ("qian",), ("finance",)),
)
ROLES = ("finance", "regional_manager", "sales_rep")

CONDITIONS: Mapping[str, tuple[tuple[Any, Holds], ...]] = {
    "account": (
        (True, lambda _: True),
        ("owner = $me", lambda at: at.row["owner"] == at.me.user),
        ("owner in $my_team", lambda at: at.row["owner"] in at.me.team),
        ('level = "a"', lambda at: at.row["level"] == "a"),
        ('level <> "a"', lambda at: at.row["level"] not in ("a", None)),
        ("boss = $me", lambda at: at.row["boss"] == at.me.user),
        ({"budget": {"gt": 500_000_000}}, lambda at: (at.row["budget"] or 0) > 500_000_000),
    ),
    "deal": (
        (True, lambda _: True),
        ("owner = $me", lambda at: at.row["owner"] == at.me.user),
        ("account.owner = $me", lambda at: at.store.account_of(at.row)["owner"] == at.me.user),
        ('account.level = "b"', lambda at: at.store.account_of(at.row)["level"] == "b"),
    ),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One grant as the model knows it."""

    role: str
    form: str
    actions: frozenset[str]
    holds: Holds
    deny: bool
    hidden: frozenset[str]
    masked: frozenset[str]
    readonly: frozenset[str]
    read: frozenset[str] | None
    write: frozenset[str] | None

    def tells(self, cell: str) -> bool:
        if touches(self.hidden, cell):
            return False
        return (
            self.read is None or touches(self.read, cell) or any(x.startswith(cell + ".") for x in self.read)
        )

    def shows(self, cell: str) -> bool:
        return self.tells(cell) and not touches(self.masked, cell)

    def writes(self, cell: str) -> bool:
        allowed = self.write is None or touches(self.write, cell)
        return self.tells(cell) and allowed and not touches(self.readonly, cell)

    def whole(self) -> bool:
        return not (self.hidden or self.masked or self.readonly)


def touches(names: frozenset[str], cell: str) -> bool:
    return cell in names or cell.partition(".")[0] in names


@dataclass(slots=True)
class Store:
    """All records as they are, and the roles in force."""

    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {"account": {}, "deal": {}})
    rules: list[Rule] = field(default_factory=list)
    reach: dict[str, dict[str, Any]] = field(default_factory=dict)

    def account_of(self, deal: Row) -> Row:
        return self.rows["account"][deal["account"]]

    def roles_of(self, me: Person) -> set[str]:
        def reached(to: dict[str, Any]) -> bool:
            below = {me.dept, *me.above} & set(to.get("departments_below", ()))
            return bool(to.get("everyone") or me.user in to.get("users", ()) or below)

        return {*me.roles} | {role for role, to in self.reach.items() if reached(to)}

    def holding(self, me: Person, form: str, action: str, row: Row) -> list[Rule]:
        """The allowing grants that have this row, none if one denies it."""
        roles = self.roles_of(me)
        mine = [each for each in self.rules if each.role in roles and each.form == form]
        case = Case(row, me, self)
        if any(each.deny and each.whole() and _denies(each, action) and each.holds(case) for each in mine):
            return []
        return [each for each in mine if not each.deny and action in each.actions and each.holds(case)]

    def taken(self, me: Person, form: str, action: str, row: Row, cell: str, kind: str) -> bool:
        roles, case = self.roles_of(me), Case(row, me, self)
        return any(
            each.deny
            and each.role in roles
            and each.form == form
            and _denies(each, action)
            and each.holds(case)
            and touches(getattr(each, kind), cell)
            for each in self.rules
        )

    def shows(self, me: Person, form: str, row: Row, cell: str, action: str = "view") -> bool:
        if self.taken(me, form, action, row, cell, "hidden") or self.taken(
            me, form, action, row, cell, "masked"
        ):
            return False
        return any(each.shows(cell) for each in self.holding(me, form, action, row))

    def tells(self, me: Person, form: str, row: Row, cell: str) -> bool:
        """Whether the cell is there at all, masked or not."""
        if self.taken(me, form, "view", row, cell, "hidden"):
            return False
        return any(each.tells(cell) for each in self.holding(me, form, "view", row))

    def sees(self, me: Person, form: str, row: Row) -> bool:
        return bool(self.holding(me, form, "view", row))

    def reads_any(self, me: Person, form: str, action: str = "view") -> bool:
        """Whether the person has some grant on the form that a deny of everything does not void."""
        roles = self.roles_of(me)
        return any(
            each.role in roles and each.form == form and not each.deny and action in each.actions
            for each in self.rules
        )

    def writes(self, me: Person, form: str, row: Row, after: Row, cell: str, action: str = "update") -> bool:
        """Whether an update of this cell, that makes `after` of the row, is allowed."""
        if not self.sees(me, form, row):
            return False
        for state in (row, after):
            for kind in ("hidden", "readonly"):
                if self.taken(me, form, action, state, cell, kind):
                    return False
        still = self.holding(me, form, action, after)
        return any(each.writes(cell) for each in self.holding(me, form, action, row) if each in still)

    def creates(self, me: Person, form: str, after: Row, cells: Iterable[str]) -> bool:
        """Whether a new record with these cells given is allowed."""
        holding = self.holding(me, form, "create", after)
        return bool(holding) and all(
            any(each.writes(cell) for each in holding)
            and not any(self.taken(me, form, "create", after, cell, kind) for kind in ("hidden", "readonly"))
            for cell in cells
        )


@dataclass(frozen=True, slots=True)
class Case:
    """A record and who asks for it."""

    row: Row
    me: Person
    store: Store


def _denies(rule: Rule, action: str) -> bool:
    return action in rule.actions or "view" in rule.actions


def random_roles(dice: random.Random, store: Store) -> dict[str, Any]:
    """Role documents, and the same as rules of the store."""
    store.rules, store.reach = [], {}
    documents: dict[str, Any] = {}
    for role in (*ROLES, "open"):
        grants = []
        for form in FORMS:
            grants += [_grant(dice, store, role, form) for _ in range(dice.choice((0, 1, 1, 2, 2)))]
        if dice.random() < 0.4:
            grants.append(_deny(dice, store, role, dice.choice(list(FORMS))))
        documents[role] = {"key": role, "label": name(role), "grants": grants}
    to = dice.choice(
        (
            {"everyone": True},
            {"departments_below": ["sales"]},
            {"users": ["qian"]},
            {"departments_below": ["east"]},
        )
    )
    documents["open"]["granted_to"] = store.reach["open"] = to
    return documents


def _grant(dice: random.Random, store: Store, role: str, form: str) -> dict[str, Any]:
    where, holds = dice.choice(CONDITIONS[form])
    others = ("update", "update", "create", "import", "export", "history", "print", "delete", "share")
    actions = ["view", *sorted({each for each in others if dice.random() < 0.5})]
    if dice.random() < 0.15 and len(actions) > 1:
        actions.remove("view")
    fields: dict[str, Any] = {}
    pool = DENIABLE[form]
    if dice.random() < 0.5:
        fields["hidden"] = sorted(set(dice.sample(pool, dice.randint(1, 2))))
    if dice.random() < 0.3:
        fields["masked"] = [each for each in ("mobile", "note", "secret") if each in pool][:1]
    if dice.random() < 0.3:
        fields["read"] = sorted({*dice.sample(pool, dice.randint(2, 4))})
    if dice.random() < 0.3:
        fields["write"] = sorted({*dice.sample(pool, dice.randint(1, 3))})
    if dice.random() < 0.2:
        fields["readonly"] = dice.sample(pool, 1)
    document = {"form": form, "actions": actions, "where": where, "fields": fields}
    if where is True and form == "account" and dice.random() < 0.5:
        below = dice.random() < 0.5
        document |= {"subject_field": "owner", "below": below}
        holds = (
            (lambda at: at.row["owner"] in at.me.team)
            if below
            else (lambda at: at.row["owner"] == at.me.user)
        )
    store.rules.append(_rule(role, form, actions, holds, fields, deny=False))
    return document


def _deny(dice: random.Random, store: Store, role: str, form: str) -> dict[str, Any]:
    where, holds = dice.choice(CONDITIONS[form][1:])
    actions = [dice.choice(("view", "view", "update", "export", "history", "*"))]
    kind = dice.choice(("hidden", "masked", "readonly", ""))
    fields = {kind: sorted(set(dice.sample(DENIABLE[form], dice.randint(1, 2))))} if kind else {}
    said = ["view"] if actions == ["*"] else actions
    store.rules.append(_rule(role, form, said, holds, fields, deny=True))
    return {"form": form, "actions": actions, "where": where, "fields": fields, "deny": True}


def _rule(
    role: str, form: str, actions: list[str], holds: Holds, fields: dict[str, Any], *, deny: bool
) -> Rule:
    def names(kind: str) -> frozenset[str]:
        return frozenset(fields.get(kind, ()))

    return Rule(
        role,
        form,
        frozenset(actions),
        holds,
        deny,
        names("hidden"),
        names("masked"),
        names("readonly"),
        names("read") if "read" in fields else None,
        names("write") if "write" in fields else None,
    )


def cells(form: str, row: Row) -> Iterator[tuple[str, str]]:
    """(cell, the token that tells it) of a record; each token stands in one cell of the store only."""
    for cell in CELLS[form]:
        head, _, inner = cell.partition(".")
        if inner:
            for line in row[head]:
                yield cell, str(line[inner])
        else:
            yield cell, str(row[cell])
    for token in ("called", "content") if "paper" in row else ():
        yield "paper", str(row[token])
