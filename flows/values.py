"""What an approver may write: JSON of the fields that the task opens, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.permissions.compiled import UNLIMITED
from engine.protocols import Record
from forms.compiled import ChildTable, Field, Form
from forms.reading_json import RecordReader
from forms.records import NotWritableInTask


def read_values(form: Form, data: Any, before: Record, write: tuple[str, ...]) -> Record:
    """The values in memory form. A task may open fields that are otherwise read-only.

    Raises Invalid, NotWritableInTask.
    """
    if form.reading is None:
        raise LookupError(f"form '{form.key}' is not compiled")
    return TaskReader(form, UNLIMITED, None, form.reading, before).opened(write).read(data)


class TaskReader(RecordReader):
    """Reads a body with the rights of a task instead of those of grants."""

    __slots__ = ("write",)
    write: frozenset[str]

    def opened(self, write: tuple[str, ...]) -> TaskReader:
        """This reader for the fields `write`: `amount`, a child table, or one column `lines.verified`."""
        self.write = frozenset(write)
        return self

    def _accepts(
        self,
        found: Field,
        value: Any,
        before: Mapping[str, Any] | None,
        where: str,
        prefix: str,
    ) -> bool:
        self._writable(prefix + found.key, where)
        return True

    def _rights(self) -> tuple[object, ...]:
        return ("task", *sorted(self.write))

    def may_write(self, name: str) -> bool:
        head = name.partition(".")[0]
        opened = name in self.write or head in self.write
        return opened or any(each.startswith(f"{name}.") for each in self.write)

    def _writable(self, name: str, where: str) -> None:
        if not self.may_write(name):
            raise NotWritableInTask(pointer=where)

    def _child(
        self,
        child: ChildTable,
        raw: dict[str, Any],
        known: Mapping[str, Record],
        result: dict[str, Record],
        pointer: str,
    ) -> None:
        if child.key not in self.write and (raw.get("id") is None or raw.get("$delete") is True):
            raise NotWritableInTask(pointer=pointer)
        super()._child(child, raw, known, result, pointer)
