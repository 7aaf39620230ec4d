"""The sets of an import: rows taken together, judged, and checked or saved in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from engine.definitions.app import CompiledApp
from engine.errors import Conflict
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import WaitingRefused
from forms.access import Access
from forms.compiled import compiled_form
from forms.imports.candidates import Candidate, Row, RowReader
from forms.imports.collector import COLLECTOR
from forms.imports.earlier import Earlier
from forms.imports.judge import Judge
from forms.imports.mapping import read_mapping
from forms.imports.options import ImportOptions
from forms.imports.quick import may_be_quick, new_records
from forms.imports.quick_set import QuickSet
from forms.imports.remarks import remarks_on_file
from forms.imports.save import Counts, error_lines, save_set
from forms.imports.seen_keys import SeenKeys
from forms.imports.service import on_fields
from forms.imports.staged_rows import rows_from
from forms.imports.waves import own_columns, waves
from forms.transfers import repository
from forms.transfers.repository import Transfer

SET = 500
"""Records saved in one transaction."""
QUICK_SET = 5_000
"""Records saved in one transaction where that is quick."""
WHOLE = 2_000
"""Rows that all or nothing saves in one transaction, so that nobody sees a part of them; of a longer file the
parts are seen while it is saved, as one transaction would keep other writers waiting too long. Records that
refer to each other are saved so, too, whatever their order.
"""
AGAIN = 5_000
"""So many records that a set refers to a check saves once more with it; a set that refers to more of them is checked
part by part.
"""
SHOWN = 20
"""Errors that the report itself names; all are in the error list and the workbook."""


class _NotKept(Exception):
    """Ends the transaction of a set that is only checked, or of all records because some are wrong after all."""


class FormChanged(Conflict):
    """The form was changed while the file was read, so that a column fits no field any more."""

    code = "form_changed_meanwhile"
    zh = "导入期间表单已修改，文件中有的列不再对应任何字段。"
    fix_zh = "已导入的行保留；请按新的表单调整文件，再导入其余的行。"
    fix_en = "The rows saved so far stay; make the file fit the form as it is now and import the others."


class _AnotherVersion(Exception):
    """The app was published anew since the slice began."""


def _state(app: CompiledApp) -> tuple[Any, ...]:
    return app.version, dict(app.beside)


class Sets:
    """The sets of one slice: read, judged, and checked or saved."""

    def __init__(self, runtime: Runtime, folder: Path, transfer: Transfer, actor: Principal) -> None:
        self.runtime, self.folder, self.transfer, self.actor = runtime, folder, transfer, actor
        self.options = ImportOptions.model_validate(transfer.options)
        self.dry = transfer.progress["phase"] == "checking"
        self.over = False
        self.whole = self.options.errors == "all" and not self.dry and transfer.progress["total"] <= WHOLE
        with runtime.reading(actor) as work:
            app = work.app(transfer.app)
            self.made_for = _state(app)
            self.form = compiled_form(app, transfer.form)
            access = Access(work, app)
            access.demand(self.form.key, "import")
            kind = "update" if self.options.mode == "update" else "create"
            writing = access.demand(self.form.key, kind)
            header = transfer.progress["header"]
            seen = access.seen(self.form.key)
            guessed = transfer.report.get("encoding") if self.options.encoding is None else None
            guessed = guessed if guessed == "gb18030" else None
            found = read_mapping(self.form, header, self.options, seen, writing, guessed=guessed)
            width = len(header) if transfer.report.get("format") == "csv" else None
            self.mapping = replace(found, width=width)
        self._require_columns()
        self.on = on_fields(self.options, self.mapping)
        progress = transfer.progress
        errors = self.folder / "errors.jsonl"
        with errors.open("ab") as file:
            file.truncate(progress["errors_size"])
        keys = SeenKeys(folder / f"{progress['phase']}.keys", until=progress["row"])
        self.judge = Judge(self.form, self.mapping, self.options, self.on, keys)
        self.seen = keys
        self.own = own_columns(self.form, self.mapping)
        self.earlier: Earlier | None = None
        if self.dry and self.own:
            known = folder / "checking.names"
            self.earlier = Earlier(known, self.form, self.own, self.options.by, until=progress["offset"])
        preset = any(grant.presets for grant in writing.grants)
        quick = (
            self.options.mode == "insert"
            and not preset
            and not self.own
            and may_be_quick(runtime, app, self.form, self.mapping)
        )
        self.plan = new_records(self.form, self.mapping, runtime.database.dialect) if quick else None
        self.reader = RowReader(self.form, self.mapping)

    def _require_columns(self) -> None:
        """What was read of the rows before is read of all. Raises FormChanged."""
        read = {each.header for each in self.mapping.columns}
        lost = [each for each in self.transfer.progress.get("columns", ()) if each not in read]
        if lost:
            raise FormChanged(details={"columns": lost})

    def run(self, until: float) -> Transfer:
        """Sets until the time is over or the app is published anew; the import as it is then."""
        rows = _Following(self.folder / "rows.jsonl", self.transfer.progress["offset"])
        groups = self.reader.groups(rows)
        size = SET if self.plan is None else QUICK_SET
        if self.whole or self.own:
            size = max(size, WHOLE)
        while time.monotonic() < until:
            with COLLECTOR.paused():
                found = list(islice(groups, size))
                if not found:
                    self.over = True
                    return self._note_mapping()
                last, before = found[-1][-1][0], self.transfer
                starts = [rows.start_of(group[0][0]) for group in found]
                try:
                    self._one_set(found, starts, offset=rows.end_of(last), last=last)
                except _AnotherVersion:
                    return before  # nothing of the set is kept: the next slice begins with it
        return self.transfer

    def _note_mapping(self) -> Transfer:
        columns = {each.header: each.name for each in self.mapping.columns}
        found = [*remarks_on_file(self.transfer, self.options), *self.mapping.remarks]
        remarks = [each.as_json() for each in found]
        report = {**self.transfer.report, "columns": columns, "remarks": remarks}
        report.setdefault("counts", Counts().as_json())
        with self.runtime.unit_of_work(SYSTEM, source="import") as work:
            return repository.move(work, self.transfer, report=report)

    def _one_set(self, groups: list[list[Row]], starts: Sequence[int], *, offset: int, last: int) -> None:
        before, rows = self.transfer, sum(map(len, groups))
        if self.earlier is not None:
            counts, found = self._check(self.earlier, groups, starts)
        else:
            try:
                with self.runtime.unit_of_work(self.actor, source="import") as work:
                    self._note_change(work, "first_change")
                    counts, found = self._save(work, groups)
                    if self.dry or (self.whole and counts.failed):
                        raise _NotKept
                    self._note_change(work, "last_change")
                    self._advance(work, found, counts, offset=offset, last=last, rows=rows)
                return
            except _NotKept:
                self.transfer = before
        told = counts if self.dry else Counts(failed=counts.failed)
        with self.runtime.unit_of_work(SYSTEM, source="import") as work:
            self._advance(work, found, told, offset=offset, last=last, rows=rows)

    def _check(
        self, earlier: Earlier, groups: Sequence[list[Row]], starts: Sequence[int]
    ) -> tuple[Counts, Sequence[Candidate]]:
        """What would become of records that refer to others of the file: each part of the set is saved after those
        that it refers to, of this set and of earlier ones, in a transaction that ends as if it had not been.
        """
        found, counts = [self.reader.candidate(group) for group in groups], Counts()
        rows = self.folder / "rows.jsonl"
        for part, needed in earlier.parts(found, starts, self.reader, rows, most=AGAIN):
            try:
                with self.runtime.unit_of_work(self.actor, source="import") as work:
                    access = self._access(work)
                    self._save_parts(work, access, needed)
                    counts = counts.add(self._save_parts(work, access, part))
                    raise _NotKept
            except _NotKept:
                self.judge.resolver.forget(self.form.key)
        for candidate, start in zip(found, starts, strict=True):
            if not candidate.errors:
                earlier.note(candidate, start)
        return counts, found

    def _note_change(self, work: UnitOfWork, name: str) -> None:
        """Remember between which changes of the log those of this import stand."""
        progress = self.transfer.progress
        if name == "last_change" or name not in progress:
            row = work.row("SELECT coalesce(max(id), 0) FROM ff_change")
            progress = {**progress, name: int(row[0]) if row else 0}
            self.transfer = replace(self.transfer, progress=progress)

    def _save(self, work: UnitOfWork, groups: list[list[Row]]) -> tuple[Counts, Sequence[Candidate]]:
        """What became of a set, and at least those of its candidates that have errors."""
        access = self._access(work)
        if self.plan is not None:
            resolver, constraints = self.judge.resolver, self.judge.constraints
            quick = QuickSet(work, access, self.plan, self.mapping, resolver, self.seen, constraints)
            try:
                with work.savepoint():
                    return quick.save([group[0] for group in groups]), quick.refused
            except WaitingRefused:
                pass  # somebody else saved one of these values meanwhile: one by one tells which
        found = [self.reader.candidate(group) for group in groups]
        return self._save_parts(work, access, found), found

    def _access(self, work: UnitOfWork) -> Access:
        """What the person may do with the form as it was when the slice began. Raises _AnotherVersion."""
        work.batch = self.transfer.id
        app = work.app(self.transfer.app)
        if _state(app) != self.made_for:
            raise _AnotherVersion
        return Access(work, app)

    def _save_parts(self, work: UnitOfWork, access: Access, found: list[Candidate]) -> Counts:
        """Judge and save candidates, those first that others refer to."""
        counts = Counts()
        for part in waves(self.form, self.own, self.options.by, found) if self.own else [found]:
            self.judge.judge(access, part)
            counts = counts.add(save_set(work, access, self.form, self.mapping, self.on, part))
            if self.own:
                self.judge.resolver.forget(self.form.key)
        return counts

    def _advance(
        self,
        work: UnitOfWork,
        found: Sequence[Candidate],
        counts: Counts,
        *,
        offset: int,
        last: int,
        rows: int,
    ) -> None:
        """Write down, in the transaction of the set, how far the import has come."""
        report, progress = self.transfer.report, self.transfer.progress
        lines = error_lines(found)
        size = self._write_errors(lines)
        self.seen.keep()
        if self.earlier is not None:
            self.earlier.keep()
        total = Counts(**report["counts"]).add(counts) if "counts" in report else counts
        first = (report.get("errors") or [])[:SHOWN]
        named = [each for each in lines if each["code"]]
        self.transfer = repository.move(
            work,
            self.transfer,
            progress={
                **progress,
                "columns": [each.header for each in self.mapping.columns],
                "done": progress["done"] + rows,
                "offset": offset,
                "row": last,
                "errors_size": size,
            },
            report={
                **report,
                "counts": asdict(total),
                "errors": [*first, *named][:SHOWN],
                "error_count": report.get("error_count", 0) + len(named),
            },
        )

    def _write_errors(self, lines: list[dict[str, Any]]) -> int:
        with (self.folder / "errors.jsonl").open("ab") as file:
            file.write(b"".join(orjson.dumps(each) + b"\n" for each in lines))
            return file.tell()


class _Following:
    """Rows of the staged file, remembering where each of the last ones begins and ends."""

    def __init__(self, path: Path, offset: int) -> None:
        self._rows = rows_from(path, offset)
        self._begin = offset
        self._places: dict[int, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[Any]:
        for end, row in self._rows:
            self._places[row[0]] = (self._begin, end)
            self._begin = end
            yield row

    def start_of(self, number: int) -> int:
        """The offset of the row of this number."""
        return self._places[number][0]

    def end_of(self, number: int) -> int:
        """The offset behind the row of this number; what is before it is forgotten."""
        found = self._places[number][1]
        self._places = {row: place for row, place in self._places.items() if row > number}
        return found
