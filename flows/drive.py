"""Runs one instance: feeds the pure machine and does what it asks for, inside one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.changes.operations import note
from engine.definitions.app import CompiledApp
from engine.errors import Conflict, EngineError
from engine.expressions import Env
from engine.identity.principal import SYSTEM_USER
from engine.protocols import ActionContext, Record
from engine.storage.unit_of_work import UnitOfWork
from flows import locks, repository, tasks
from flows.actions import run_actions
from flows.compiled import CompiledFlow
from flows.errors import NoBranch
from flows.machine import step
from flows.nodes.approval import Approval
from flows.repository import Instance, Line
from flows.state import (
    Acted,
    Ask,
    Assign,
    Choose,
    Chosen,
    CloseTask,
    Effect,
    Event,
    Finish,
    HandBack,
    OpenTask,
    Reassign,
    RunActions,
    Undo,
)
from forms import records, rows
from forms.compiled import Form, compiled_form
from forms.environment import environment

SOURCE = "flow"
DECIDED = frozenset(
    {"submitted", "approved", "rejected", "returned", "transferred", "assigned", "withdrawn", "cancelled"}
)
"""Lines of a timeline that say what a person decided."""
NO_NAMES: Mapping[str, Any] = {}


@dataclass(slots=True)
class Drive:
    """One command of `actor` on one instance.

    `approvers` have just approved and may be spared the next step; `vacant` is the task that is being
    assigned; `reasons` say by node why people are asked; `editors` and `shown` are what the record's lock
    and its flow state say now. The record is read when it is first needed.
    """

    work: UnitOfWork
    app: CompiledApp
    flow: CompiledFlow
    instance: Instance
    actor: str
    approvers: tuple[str, ...] = ()
    vacant: str | None = None
    reasons: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    editors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shown: str | None = None
    queue: deque[Effect] = field(default_factory=deque)
    lines: list[Line] = field(default_factory=list)
    known: Record | None = None

    def __post_init__(self) -> None:
        self.editors = self._editors()
        state = self.instance.state
        self.shown = None if state.status == "new" else self._word()

    @property
    def record(self) -> Record:
        """The record as it is now."""
        return self.known if self.known is not None else self.reload()

    @property
    def form(self) -> Form:
        """The form of the record, as it is today."""
        return compiled_form(self.app, self.instance.form)

    def tell(self, event: Event) -> None:
        """Something happened: do all that follows, then store the instance."""
        self.step(event)
        while self.queue:
            self._do(self.queue.popleft())
        self._store()

    def step(self, event: Event) -> None:
        """Feed the machine; what it asks for is queued."""
        done = step(self.flow.graph, self.instance.state, event, self.work.now)
        self.instance.state = done.state
        self.queue.extend(done.effects)

    def _do(self, effect: Effect) -> None:
        match effect:
            case RunActions():
                self._run(effect.node, "actions")
                self.step(Acted(effect.node))
            case Choose():
                self.step(Chosen(effect.node, self._branch(effect.node)))
            case Assign():
                tasks.assign(self, effect)
            case OpenTask():
                tasks.open_task(self, effect)
            case Ask():
                tasks.ask(self, effect)
            case Reassign():
                tasks.reassign(self, effect)
            case CloseTask():
                tasks.close(self, effect)
            case HandBack():
                given = self.flow.actions.get((self.flow.graph.start, "return"))
                self._run(self.flow.graph.start, "return" if given else "withdraw")
            case Undo():
                self._run(self.flow.graph.start, "withdraw")
            case Finish():
                self.log("ended", data={"outcome": effect.outcome})

    def env(self, names: Mapping[str, Any] = NO_NAMES) -> Env:
        """What conditions and actions of the flow see."""
        return environment(self.work, self.app, submitter=self.instance.submitter, **names)

    def _run(self, node: str, name: str) -> None:
        actions = self.flow.actions.get((node, name), ())
        if not actions:
            return
        context = ActionContext(
            work=self.work,
            app=self.app,
            form=self.instance.form,
            record=self.record,
            # a name stays empty when the action that would create it is skipped
            env=self.env(dict.fromkeys(self.flow.names.get((node, name), ()))),
            key=f"flow:{self.instance.id}:{node}:{name}:{self._visit_number(node)}",
            initiator=self.actor,
            label=self.flow.label,
        )
        try:
            with self.work.as_system(SOURCE, holding=self.instance.id):
                done = run_actions(actions, context)
        except EngineError as failure:
            failure.details.setdefault("node", node)
            raise
        self.reload()
        self.log("acted", node=node, data={"list": name, "actions": done})

    def _visit_number(self, node: str) -> int:
        return max(self.instance.state.round, self.instance.state.last_round(node))

    def reload(self) -> Record:
        """Read the record again, because it may have changed."""
        self.known = records.load(self.work, self.form, self.instance.record)
        return self.known

    def _branch(self, node: str) -> int:
        env, default = self.env(), None
        for edge in self.flow.graph.outs(node):
            if edge.default:
                default = edge.index
            elif self.flow.conditions[edge.index].holds(self.record, env):
                return edge.index
        if default is None:
            raise NoBranch(details={"node": node})
        return default

    def log(
        self,
        kind: str,
        *,
        node: str | None = None,
        task: str | None = None,
        actor: str | None = None,
        comment: str | None = None,
        data: Mapping[str, Any] | None = None,
        number: int | None = None,
    ) -> None:
        """Add a line to the timeline; `number` is the round it belongs to. Written with the instance."""
        round_ = number or self.instance.state.round
        self.lines.append(Line(kind, round_, actor or self.actor, node, task, comment, data or NO_NAMES))

    def _store(self) -> None:
        kept, state = self.instance, self.instance.state
        self._show_state()
        if self.known is not None:
            title = self.known.get(self.form.title)
            kept.title = None if title is None else str(title)
        repository.add_events(self.work, kept.id, self.lines)
        self._note_decisions()
        self.lines.clear()
        kept.status, kept.outcome, kept.round = state.status, state.outcome, state.round
        kept.ended_at = None if state.open else self.work.now
        if not repository.save_instance(self.work, kept):
            raise Conflict()
        kept.rev += 1
        self._hold()

    def _note_decisions(self) -> None:
        """What people decided stands in the operation log too; what followed by itself is in the timeline."""
        kept = self.instance
        for line in self.lines:
            if line.kind in DECIDED and line.actor != SYSTEM_USER:
                told = {"record": kept.record, "instance": kept.id, "flow": kept.flow, "task": line.task}
                note(self.work, f"flow_{line.kind}", kept.form, app=kept.app, details=told)

    def _show_state(self) -> None:
        """Keep the record's flow state in step."""
        word = self._word()
        if self.shown == word:
            return
        with self.work.as_system(SOURCE, holding=self.instance.id):
            self.known = records.update(self.work, self.form, self.instance.record, {"flow_state": word})
        self.shown = word

    def _word(self) -> str:
        state = self.instance.state
        ended = state.outcome or state.status
        return f"{self.flow.key}:{'pending' if state.status == 'running' else ended}"

    def _hold(self) -> None:
        """Keep the lock of the record in step."""
        record, state = self.instance.record, self.instance.state
        if state.status != "running":
            locks.unlock(self.work, record, self.instance.id)
            return
        editors = self._editors()
        if editors != self.editors:
            locks.let_edit(self.work, record, self.instance.id, editors)
            self.editors = editors

    def _editors(self) -> dict[str, tuple[str, ...]]:
        editors: dict[str, tuple[str, ...]] = {}
        for visit in self.instance.state.visits:
            node = self.flow.graph.nodes[visit.node]
            if visit.waiting == "decision" and isinstance(node, Approval):
                for user in node.asked(visit):
                    editors[user] = (*editors.get(user, ()), *node.params.write)
        return editors


def lock_record(work: UnitOfWork, form: Form, record: str) -> None:
    """Take the record's row lock, the first in the order of locks. SQLite has one writer anyway."""
    if work.runtime.database.dialect == "postgres":
        rows.select_one(work, form, record, lock="change", deleted=True)
