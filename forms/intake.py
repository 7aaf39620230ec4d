"""New records from people: bodies read, rights checked, saved, one after another.

What is the same for all of them is found once: the grants, which fields they let be written, and what a new
record begins with. A body that is not plainly right is read again by `RecordReader`, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.errors import Invalid
from engine.expressions import CheckedExpression, Env
from engine.permissions.compiled import CompiledGrant
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Form
from forms.creating import Creating
from forms.environment import environment
from forms.foretold import room_to_tell, tell_more, told_together
from forms.nested import Room, check_named, save_new
from forms.presets import apply_presets
from forms.reading_json import RecordReader, plainly_read, reader
from forms.targets import check_targets, names_records


class Intake:
    """Saves new records of a form with the rights of who acts, in one transaction. Making it raises Forbidden
    for who may not create any.
    """

    __slots__ = (
        "_access",
        "_creating",
        "_env",
        "_form",
        "_grants",
        "_named",
        "_plain",
        "_preset",
        "_writing",
    )

    def __init__(self, access: Access, form: Form) -> None:
        self._access, self._form = access, form
        self._grants = grants = access.demand(form.key, "create")
        self._plain = reader(form, grants).plain()
        self._preset = any(grant.presets for grant in grants.grants)
        self._named = names_records(access, form)
        self._creating = Creating(access.work, access.app, form)
        self._env = environment(access.work, access.app)
        asked = (grants, access.bringing(form.key, grants))
        self._writing = [Writing(each.grants, self._plain) for each in asked if not each.unlimited]

    def create(self, data: Any, *, room: Room | None = None) -> Record:
        """The saved record in memory form; `room` is what is left for new records inside it. Raises
        ForbiddenField, Forbidden, Invalid, and what listeners raise.
        """
        access, form, grants = self._access, self._form, self._grants
        written: Collection[str]
        read: RecordReader | None = None
        values = plainly_read(form, self._plain, data)
        plainly = values is not None
        if values is None:
            read = reader(form, grants, room=room_to_tell(access.work))
            room = room or Room()
            with told_together(access, form, read, data, made=room.made, presetting=grants):
                data = save_new(
                    access, form, data, writes=grants.writes, create=create_record, room=room, read=read
                )
                values, written = read.read(data), read.written
        else:
            written = values.keys()
        made = room.made if room is not None else ()
        try:
            values = self._finished(values, made)
        except Invalid as failure:
            read = read or reader(form, grants, room=room_to_tell(access.work))
            read.well = values
            tell_more(failure, access, form, read, data, made=made, presetting=grants)
            raise
        record = self._creating.create(values)
        if room is not None:
            check_named(access, form, data, record, room.made)
        for each in self._writing:
            if not (plainly and each.surely(record, self._env)):
                access.check_written(each.grants, written, record)
        return record

    def _finished(self, values: Record, made: Collection[str]) -> Record:
        """The values with what the grants preset, `made` as in `check_targets`. Raises Invalid.

        Presets read through references with all rights, so only through those that the writer may make.
        """
        access, form = self._access, self._form
        if self._named:
            check_targets(access, form, None, values, made)
        if not self._preset:
            return values
        filled = apply_presets(access, form, self._grants, values)
        if self._named:
            added = {key: filled[key] for key in filled.keys() - values.keys()}
            check_targets(access, form, None, added, made)
        return filled


def create_record(access: Access, form: Form, data: Any, *, room: Room | None = None) -> Record:
    """Save one new record, as `Intake.create` does."""
    return Intake(access, form).create(data, room=room)


class Writing:
    """Grants that must allow what is written. Those that let every field of `fields` be written and have all
    rows that fulfil their condition decide by it alone.
    """

    __slots__ = ("_decisive", "grants")

    def __init__(self, grants: tuple[CompiledGrant, ...], fields: Collection[str]) -> None:
        self.grants = grants
        self._decisive = [
            each.check
            for each in grants
            if not each.without
            and (each.check is None or isinstance(each.check, CheckedExpression))
            and all(each.writes(key) for key in fields)
        ]

    def surely(self, record: Mapping[str, Any], env: Env) -> bool:
        """Whether a record is plainly allowed; if not, only `Access.check_written` tells."""
        for check in self._decisive:
            if check is None or check.holds(record, env):
                break
        else:
            return False
        return True
