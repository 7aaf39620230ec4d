"""Every way to the records of the small app, walked by one person; what comes back is held against the model."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from engine.jobs.worker import Worker
from engine.runtime import Runtime
from tests.forms.rights.model import CELLS, FORMS, PLAIN, Person, Row, Store, cells
from tests.support.client import SignedIn

APP = "/apps/vault"


@dataclass(slots=True)
class Walk:
    """One person, a session, and what was found wrong."""

    runtime: Runtime
    store: Store
    me: Person
    http: SignedIn
    wrong: list[str] = field(default_factory=list)
    asked: int = 0

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.kept(self.http.get(APP + path, params=params), f"GET {path} {params}")

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.kept(self.http.post(APP + path, body), f"POST {path} {body}")

    def kept(
        self, answer: httpx.Response, what: str, action: str = "view", of: str | None = None
    ) -> httpx.Response:
        """No answer holds a cell that its reader may not see, and nothing breaks. Cells of the form `of` need
        the right `action` too.
        """
        self.asked += 1
        assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
        self.look_through(answer.text, what, action, of)
        return answer

    def look_through(self, text: str, what: str, action: str = "view", of: str | None = None) -> None:
        for form in FORMS:
            asked = action if form == of else "view"
            for row in self.store.rows[form].values():
                for cell, token in cells(form, row):
                    if token in text and token not in what and not self._may(form, row, cell, asked):
                        self.wrong.append(f"{self.me.user} learns {form}.{cell} of {row['id']} by {what}")

    def _may(self, form: str, row: Row, cell: str, action: str) -> bool:
        shown = self.store.shows(self.me, form, row, cell)
        if shown and action != "view":
            shown = self.store.shows(self.me, form, row, cell, action)
        return shown

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(f"{self.me.user}: {what}")

    def everything(self) -> None:
        for form in FORMS:
            self.one_by_one(form)
            self.lists(form)
            self.filters(form)
            self.aggregates(form)
            self.views(form)
            self.files(form)
            self.reports(form)
        self.searches()

    def rows(self, form: str) -> list[Row]:
        return list(self.store.rows[form].values())

    def visible(self, form: str) -> set[str]:
        if not self.store.reads_any(self.me, form):
            return set()
        return {key for key, row in self.store.rows[form].items() if self.store.sees(self.me, form, row)}

    def one_by_one(self, form: str) -> None:
        seen = self.visible(form)
        for key, row in self.store.rows[form].items():
            base = f"/forms/{form}/records/{key}"
            answer = self.get(base)
            self.expect(
                answer.status_code == (200 if key in seen else 404), f"GET {base}: {answer.status_code}"
            )
            if answer.status_code == 200:
                self._same_cells(form, row, answer.json(), f"GET {base}")
            history = self.http.get(f"{APP}{base}/history")
            self.kept(history, f"history {base}", "history", form)
            self.expect(
                (history.status_code == 404) == (key not in seen), f"history {base}: {history.status_code}"
            )
            page = self.http.get(f"{APP}{base}/print/{form}?format=html")
            self.kept(page, f"print {base}", "print", form)
            may = key in seen and bool(self.store.holding(self.me, form, "print", row))
            self.expect((page.status_code == 200) == may, f"print {base}: {page.status_code}, {may}")
            self.get(f"{base}/comments")
            self._file(base, row)
            if form == "account":
                self.get(f"{base}/backlinks/deals", fields="title,account.name,secret,amount")
                self.get(f"{base}/backlinks/deals")

    def _file(self, base: str, row: Row) -> None:
        """The file of a record is listed and sent where its field is shown."""
        told = self.get(f"{base}/files")
        if "paper" not in row:
            return
        may = self.store.shows(self.me, "account", row, "paper")
        listed = told.status_code == 200 and row["paper"] in told.text
        self.expect(listed == may, f"files {base}: {listed}, {may}")
        sent = self.get(f"{base}/files/{row['paper']}")
        self.expect((sent.status_code == 200) == may, f"file {base}: {sent.status_code}, {may}")
        self.expect(self.http.get(f"/uploads/{row['paper']}/content").status_code == 404, "upload of another")

    def _same_cells(self, form: str, row: Row, told: dict[str, Any], what: str) -> None:
        """Exactly the cells that one grant shows are there, and those masked are covered."""
        for cell in CELLS[form]:
            head, _, inner = cell.partition(".")
            there = head in told
            if inner and there:
                there = bool(told[head]) and inner in told[head][0]
            tells = self.store.tells(self.me, form, row, cell)
            self.expect(there == tells, f"{what}: {cell} {'is' if there else 'is not'} there")
            if there and not inner:
                whole = self.store.shows(self.me, form, row, cell)
                self.expect((str(row[head]) in str(told[head])) == whole, f"{what}: {cell} masked wrongly")

    def lists(self, form: str) -> None:
        base, seen = f"/forms/{form}/records", self.visible(form)
        answer = self.get(base, limit=500, count="exact")
        if not self.store.reads_any(self.me, form):
            self.expect(answer.status_code == 403, f"list {form} without any right: {answer.status_code}")
            return
        if answer.status_code == 403:
            self.expect(not seen, f"list {form} refused though some rows are visible")
            return
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        self.expect({each["id"] for each in items} == seen, f"list {form} has other rows than GET")
        self.expect(answer.json()["count"] == len(seen), f"count of {form}: {answer.json()['count']}")
        for item in items:
            row = self.store.rows[form][item["id"]]
            plain = {cell for cell in CELLS[form] if "." not in cell}
            for cell in plain:
                tells = self.store.tells(self.me, form, row, cell)
                self.expect((cell in item) == tells, f"list {form}: {cell} of {item['id']}")
        paths = "title,account.name,account.note,account.budget,account.mobile,told,amount,secret"
        for name in (paths if form == "deal" else "name,note,mobile,budget,lines,boss").split(","):
            self.post(f"{base}:query", {"fields": [name], "limit": 500})
        self.get(f"/forms/{form}/schema")
        for name in ("level", "boss", "account"):
            self.post(f"/forms/{form}/options/{name}", {"id": next(iter(self.store.rows[form]))})

    def filters(self, form: str) -> None:
        """A filter finds by a cell only who sees the cell; hidden names are unknown names."""
        base, rows = f"/forms/{form}/records", self.store.rows[form]
        for cell in CELLS[form]:
            if "." in cell:
                continue
            row = random.Random(cell).choice(list(rows.values()))
            for condition in ({cell: row[cell]}, {cell: {"ne": row[cell]}}, f"ISBLANK({cell})"):
                answer = self.post(f"{base}:query", {"filter": condition, "limit": 500})
                if answer.status_code != 200:
                    continue
                found = {each["id"] for each in answer.json()["items"]}
                known = {key for key, each in rows.items() if self.store.shows(self.me, form, each, cell)}
                if isinstance(condition, dict) and condition[cell] == row[cell]:
                    hit = {row["id"]} & {
                        key for key, each in rows.items() if self.store.tells(self.me, form, each, cell)
                    }
                    self.expect(found <= hit, f"filter {condition} finds {found - hit}")
                    self.expect({row["id"]} & known <= found, f"filter {condition} misses")
                elif isinstance(condition, dict):
                    told = {key for key, each in rows.items() if self.store.tells(self.me, form, each, cell)}
                    self.expect(found <= told, f"filter {condition} tells of {found - told}")
            answer = self.get(base, sort=cell, limit=500)
            self.expect(answer.status_code in (200, 403, 422), f"sort {cell}: {answer.status_code}")
            if answer.status_code == 200:
                self._sorted_by_what_is_seen(form, cell, answer.json()["items"])

    def _sorted_by_what_is_seen(self, form: str, cell: str, items: list[dict[str, Any]]) -> None:
        """Rows whose cell is hidden stand together, in the order of their ids: their place tells nothing."""
        rows = self.store.rows[form]
        dark = [x["id"] for x in items if not self.store.shows(self.me, form, rows[x["id"]], cell)]
        self.expect(dark == sorted(dark), f"sort by {cell} orders hidden cells of {form}")
        self.expect(
            [x["id"] for x in items[: len(dark)]] == dark, f"sort by {cell} puts hidden cells of {form}"
        )

    def aggregates(self, form: str) -> None:
        number = {"account": "budget", "deal": "amount"}[form]
        text = {"account": "note", "deal": "secret"}[form]
        base, rows = f"/forms/{form}/records:aggregate", self.store.rows[form]
        answer = self.post(base, {"measures": {"n": {"agg": "sum", "field": number}}})
        if answer.status_code == 200:
            known = [row[number] for row in rows.values() if self.store.shows(self.me, form, row, number)]
            told = answer.json()["items"][0]["n"]
            self.expect(
                float(told or 0) == float(sum(known)), f"sum of {form}.{number}: {told}, {sum(known)}"
            )
        self.post(base, {"by": [text], "measures": {"n": {"agg": "max", "field": number}}})
        self.post(base, {"by": [{"key": "k", "expr": f"{text} & '!'"}]})
        if form == "deal":
            self.post(
                base, {"by": ["account.note"], "measures": {"n": {"agg": "max", "field": "account.budget"}}}
            )
            self.post(base, {"by": ["told"]})

    def views(self, form: str) -> None:
        self.get("/views")
        self.get(f"/views/{form}s")
        answer = self.get(f"/views/{form}s/records", limit=500)
        if answer.status_code == 200:
            found = {each["id"] for each in answer.json()["items"]}
            self.expect(found == self.visible(form), f"the view of {form} has other rows")

    def files(self, form: str) -> None:
        """What is exported is what may be seen and exported."""
        made = self.post(f"/forms/{form}/exports", {"format": "csv", "headers": "key"})
        rows = self.store.rows[form]
        if made.status_code != 202:
            return
        Worker(self.runtime).run_due()
        path = f"{APP}/forms/{form}/exports/{made.json()['id']}/file"
        file = self.http.get(path)
        self.kept(file, f"export {form}", "export", form)
        may = {
            key
            for key, row in rows.items()
            if self.store.sees(self.me, form, row) and self.store.holding(self.me, form, "export", row)
        }
        if file.status_code != 200:
            self.wrong.append(f"{self.me.user}: export of {form}: {file.status_code} {file.text[:200]}")
            return
        lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        found = {line["id"] for line in lines if line.get("id")}
        self.expect(not lines or found == may, f"export of {form}: {found ^ may}")

    def reports(self, form: str) -> None:
        number = {"account": "budget", "deal": "amount"}[form]
        groups = {"account": ["note", "name"], "deal": ["secret", "told", "account.note", "account.name"]}[
            form
        ]
        for by in groups:
            spec = {
                "from": form,
                "dimensions": [{"id": "d", "field": by}],
                "measures": [{"id": "m", "agg": "sum", "field": number}, {"id": "n", "agg": "count"}],
            }
            self.post("/draft/reports:preview", spec)
        self.post(
            "/draft/reports:preview", {"from": form, "measures": [{"id": "m", "agg": "sum", "field": number}]}
        )

    def searches(self) -> None:
        for form in FORMS:
            for row in self.store.rows[form].values():
                for cell in ("name", "note") if form == "account" else ("title", "secret"):
                    answer = self.get("/search", q=row[cell])
                    if answer.status_code != 200:
                        continue
                    found = {each["id"] for each in answer.json()["items"] if each["form"] == form}
                    shown = self.store.shows(self.me, form, row, cell)
                    self.expect((row["id"] in found) == shown, f"search by {form}.{cell}: {found}, {shown}")

    def names_unknown(self) -> None:
        """A field that no grant shows is answered as one that does not exist."""
        for form in FORMS:
            for name in PLAIN[form]:
                told = [self._outcome(form, each) for each in (name, f"{name}x")]
                rows = self.store.rows[form].values()
                if not any(self.store.tells(self.me, form, row, name) for row in rows):
                    continue
                self.expect(told[0] != told[1] or told[0][0] == 403, f"{form}.{name} is answered as unknown")

    def _outcome(self, form: str, name: str) -> tuple[int, str | None]:
        answer = self.get(f"/forms/{form}/records", fields=name)
        return answer.status_code, answer.json().get("code")
