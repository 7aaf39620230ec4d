"""An import step by step: read the file in a child process, then check and save it set by set.

Every set is a transaction of its own that also says how far the import has come, so a job that dies goes
on where it stopped and nothing is saved twice. All or nothing: every set is checked first. A short file is
then saved in one transaction; of a longer one what is saved is taken back when a later set fails after all or
the import is cancelled.
"""

from __future__ import annotations

import time
from typing import Any

from engine.errors import EngineError, Invalid, TryAgain
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.database import CommitUnknown
from forms.access import Access
from forms.compiled import compiled_form
from forms.imports.child import readers, rows_read
from forms.imports.mapping import titles_of
from forms.imports.options import ImportOptions
from forms.imports.save import Counts
from forms.imports.sets import Sets
from forms.imports.titles import Titles
from forms.imports.undo import undo_some, undoing
from forms.transfers import repository
from forms.transfers.actor import actor_of
from forms.transfers.folder import folder_of
from forms.transfers.repository import FINAL, Transfer, TransferMoved


class ImportRun:
    """One import while this process works on it."""

    def __init__(self, runtime: Runtime, key: str) -> None:
        self.runtime = runtime
        self.key = key
        self.folder = folder_of(runtime, key)

    def transfer(self) -> Transfer:
        """The import as it is now. Raises TransferNotFound."""
        with self.runtime.reading(SYSTEM) as work:
            return repository.get(work, "import", self.key)

    def advance(self, *, seconds: float) -> bool:
        """Work for about so long; whether there is more to do. Raises TryAgain, CommitUnknown, after which another
        run goes on with what is stored.
        """
        until = time.monotonic() + seconds
        transfer = self.transfer()
        try:
            while transfer.state not in FINAL and time.monotonic() < until:
                transfer = self._step(transfer, until)
        except TransferMoved:
            return True  # somebody cancelled it: the next step sees that
        except (TryAgain, CommitUnknown):
            raise  # how far it came is stored with what it saved
        except EngineError as failure:
            return self._fail(failure)
        return transfer.state not in FINAL

    def _step(self, transfer: Transfer, until: float) -> Transfer:
        if transfer.state in ("undoing", "cancelling"):
            return self._take_back(transfer, until)
        phase = transfer.progress["phase"]
        if phase == "reading":
            return self._read(transfer, until)
        return self._sets(transfer, until)

    def _move(self, transfer: Transfer, **values: Any) -> Transfer:
        with self.runtime.unit_of_work(SYSTEM, source="import") as work:
            return repository.move(work, transfer, **values)

    def _fail(self, failure: EngineError) -> bool:
        """Note what went wrong; whether something is left to be taken back."""
        transfer = self.transfer()
        findings = failure.findings if isinstance(failure, Invalid) else (failure.as_finding(),)
        report = {**transfer.report, "findings": [each.as_json() for each in findings]}
        if failure.details:
            report["details"] = failure.details
        if transfer.progress["phase"] == "saving" and transfer.options["errors"] == "all":
            self._move(transfer, state="undoing", progress=undoing(transfer, "failed"), report=report)
            return True
        self._move(transfer, state="failed", report=report)
        return False

    def _read(self, transfer: Transfer, until: float) -> Transfer:
        """Have the file read; then the first phase of sets begins."""
        options = ImportOptions.model_validate(transfer.options)
        asked = {"path": str((self.folder / "source").absolute())} | {
            key: getattr(options, key) for key in ("sheet", "header_row", "encoding", "separator")
        }
        if not (self.folder / "source.json").exists():
            asked["titles"] = self._titles(transfer, options).as_json()
        found = readers(self.runtime).wait(self.folder, asked, seconds=max(0.05, until - time.monotonic()))
        if found is None:
            done = rows_read(self.folder)
            return self._move(transfer, state="running", progress={**transfer.progress, "done": done})
        if "refusal" in found:
            finding = {"level": "error", "pointer": "", **found["refusal"]}
            return self._move(transfer, state="failed", report={"findings": [finding]})
        checked = options.dry_run or options.errors == "all"
        progress = {
            **_start("checking" if checked else "saving"),
            "total": found["rows"],
            "header": found["header"],
        }
        (self.folder / "errors.jsonl").write_bytes(b"")
        told = (
            *("rows", "format", "encoding", "doubtful"),
            *("sheet", "sheets", "header_row", "rows_above", "untitled"),
        )
        report = {key: found[key] for key in told if key in found}
        return self._move(transfer, state="running", progress=progress, report=report)

    def _titles(self, transfer: Transfer, options: ImportOptions) -> Titles:
        """The titles of columns that the person may fill or see."""
        actor = actor_of(self.runtime, transfer.user, transfer.id)
        with self.runtime.reading(actor) as work:
            app = work.app(transfer.app)
            form, access = compiled_form(app, transfer.form), Access(work, app)
            writing = access.demand(form.key, "update" if options.mode == "update" else "create")
            return titles_of(form, options, access.seen(form.key), writing)

    def _sets(self, transfer: Transfer, until: float) -> Transfer:
        """Check or save sets until the time is over or the file is."""
        sets = Sets(self.runtime, self.folder, transfer, actor_of(self.runtime, transfer.user, transfer.id))
        transfer = sets.run(until)
        if not sets.over:
            return self.transfer()  # its form may be called otherwise since
        report = transfer.report
        if transfer.progress["phase"] == "checking" and not transfer.options.get("dry_run"):
            if report["counts"]["failed"]:
                nothing = Counts(failed=report["counts"]["failed"]).as_json()
                return self._move(transfer, state="rejected", report={**report, "counts": nothing})
            progress = {**transfer.progress, **_start("saving")}
            return self._move(transfer, progress=progress, report={**report, "counts": Counts().as_json()})
        if transfer.options["errors"] == "all" and report["counts"]["failed"]:
            # somebody else saved meanwhile what made this file wrong: nothing stays
            if not (report["counts"]["inserted"] or report["counts"]["updated"]):
                return self._move(transfer, state="rejected")
            return self._move(transfer, state="undoing", progress=undoing(transfer, "rejected"))
        return self._move(transfer, state="done")

    def _take_back(self, transfer: Transfer, until: float) -> Transfer:
        """Undo what was saved, for an undo, a cancelled import or one that may not stay half done."""
        after = transfer.progress.get("after", "cancelled")
        saved = transfer.report.get("counts", {})
        partly = transfer.options["errors"] == "all" and transfer.progress["phase"] != "checking"
        if transfer.state == "cancelling":
            readers(self.runtime).stop(self.folder)
            if not partly or not (saved.get("inserted") or saved.get("updated")):
                counts = saved if transfer.progress["phase"] == "saving" else Counts().as_json()
                return self._move(transfer, state="cancelled", report={**transfer.report, "counts": counts})
            return self._move(transfer, state="undoing", progress=undoing(transfer, "cancelled"))
        actor = actor_of(self.runtime, transfer.user, transfer.id)
        while time.monotonic() < until:
            with self.runtime.unit_of_work(actor, source="import") as work:
                piece = undo_some(work, transfer)
                report = {**transfer.report, "kept": [*transfer.report.get("kept", []), *piece.problems]}
                done = transfer.progress["done"] + piece.count
                progress = {**transfer.progress, "below": piece.below, "done": done}
                if piece.below is None:
                    if after != "undone":  # else the state says that what is counted is taken back
                        report["counts"] = Counts().as_json()
                    return repository.move(work, transfer, state=after, progress=progress, report=report)
                transfer = repository.move(work, transfer, progress=progress, report=report)
        return transfer


def _start(phase: str) -> dict[str, Any]:
    return {"phase": phase, "done": 0, "offset": 0, "row": 0, "errors_size": 0}
