"""Where one version of an app lets people see or do more than another did.

What is compared is what was there before: a form or field that is new holds nothing yet that somebody could
gain. A grant counts as given before only if one grant of the same role gave all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.identity.narrowing import READING
from engine.permissions.compiled import IDENTITY, CompiledGrant
from engine.permissions.meaning import Carried, Meaning
from engine.permissions.roles import CompiledRole
from engine.permissions.schema import Subjects

Roles = Mapping[str, CompiledRole]
Masked = Callable[[tuple[str, str], tuple[str, str]], bool]
"""Whether the mask of a (form, name) now shows no more than that of a (form, name) then."""


@dataclass(frozen=True, slots=True)
class Widening:
    """More than before: `pointer` is where the app says so, `what` is grant, denied, holders or audits."""

    pointer: str
    role: str
    what: str
    form: str = ""
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The roles of two versions, each with what its conditions mean. `forms` are those of the version after
    that were there before, `masked` compares masks. `by_role`: a condition of the version after asks who has
    which role.
    """

    before: Roles
    after: Roles
    was: Meaning
    now: Meaning
    forms: Mapping[str, Carried]
    masked: Masked
    by_role: bool = False

    def widenings(self) -> Iterator[Widening]:
        """Every part of the version after that gives more; of the version before, denies that are gone."""
        for role in self.after.values():
            earlier = self.before.get(role.key)
            yield from self._grants(role, earlier)
            if role.audits and (earlier is None or not earlier.audits):
                yield Widening(f"/roles/{role.key}/audits", role.key, "audits")
            if self._reaches_others(earlier, role):
                yield Widening(f"/roles/{role.key}/granted_to", role.key, "holders")
        for role in self.before.values():
            yield from self._denies(role, self.after.get(role.key))
            if self.by_role and role.says_holders and role.key not in self.after:
                yield Widening(f"/roles/{role.key}", role.key, "holders")

    def _grants(self, role: CompiledRole, earlier: CompiledRole | None) -> Iterator[Widening]:
        for form, carried in self.forms.items():
            known = earlier.grants.get(carried.was, ()) if earlier is not None else ()
            for grant in role.grants.get(form, ()):
                more = tuple(
                    action
                    for action in sorted(grant.actions)
                    if not any(self._gave(old, grant, form, carried, action) for old in known)
                )
                if more and self._matters(grant, carried):
                    yield Widening(grant.pointer, role.key, "grant", form, more)

    def _matters(self, grant: CompiledGrant, carried: Carried) -> bool:
        """Whether a grant has to do with any of the names that are asked for."""
        return carried.asked is None or any(
            grant.shows(name) or grant.masks(name) or grant.writes(name) for name, _ in carried.compared()
        )

    def _gave(self, old: CompiledGrant, new: CompiledGrant, form: str, carried: Carried, action: str) -> bool:
        """Whether a grant before gave all that a grant gives now, for one action."""
        if action not in old.actions or not self._rows(old, new, form, carried.was):
            return False
        if action not in READING and not self._writes(old, new, form, carried):
            return False
        return all(
            old.shows(then)
            or not (new.shows(now) or new.masks(now))
            or (old.masks(then) and new.masks(now) and self.masked((form, now), (carried.was, then)))
            for now, then in carried.compared()
        )

    def _rows(self, old: CompiledGrant, new: CompiledGrant, form: str, was: str) -> bool:
        return self.was.conjuncts(was, old.where) <= self.now.conjuncts(form, new.where)

    def _writes(self, old: CompiledGrant, new: CompiledGrant, form: str, carried: Carried) -> bool:
        kept = self.was.conjuncts(carried.was, old.check) <= self.now.conjuncts(form, new.check)
        return (
            kept
            and (new.strict or not old.strict)
            and all(_writing(new, now) <= _writing(old, then) for now, then in carried.compared())
            and self._presets(old, new, form, carried)
        )

    def _presets(self, old: CompiledGrant, new: CompiledGrant, form: str, carried: Carried) -> bool:
        """Whether what the holder could not choose then is not chosen now."""
        today = {carried.names.get(now): expression for now, expression in new.presets.items()}
        there = set(carried.names.values())
        return all(
            then in today and self.was.said(carried.was, said) == self.now.said(form, today[then])
            for then, said in old.presets.items()
            if then in there
        )

    def _reaches_others(self, earlier: CompiledRole | None, role: CompiledRole) -> bool:
        """Whether who holds a role by its own word is somebody more, and has a right by it; or somebody else, where
        conditions ask for roles: one may want that somebody has it, or has it not.
        """
        if self.by_role and role.granted_to != (earlier.granted_to if earlier is not None else Subjects()):
            return True
        if earlier is None:
            return False  # its grants are new themselves
        allows = role.audits or any(role.grants.get(form) for form in self.forms)
        denies = any(earlier.denies.get(carried.was) for carried in self.forms.values())
        return (allows and not _among(role.granted_to, earlier.granted_to)) or (
            denies and not _among(earlier.granted_to, role.granted_to)
        )

    def _denies(self, earlier: CompiledRole, role: CompiledRole | None) -> Iterator[Widening]:
        for form, carried in self.forms.items():
            known = role.denies.get(form, ()) if role is not None else ()
            for deny in earlier.denies.get(carried.was, ()):
                if not self._kept(deny, known, form, carried):
                    actions = tuple(sorted(deny.actions))
                    yield Widening(f"/roles/{earlier.key}", earlier.key, "denied", form, actions)

    def _kept(
        self, deny: CompiledGrant, known: tuple[CompiledGrant, ...], form: str, carried: Carried
    ) -> bool:
        """Whether what was denied is denied still: by one deny, or field by field."""
        same = [
            each
            for each in known
            if deny.actions <= each.actions
            and self.now.conjuncts(form, each.where) <= self.was.conjuncts(carried.was, deny.where)
        ]
        if any(_whole(each) for each in same):
            return True
        return not _whole(deny) and all(
            any(
                _takes(each, now) >= _takes(deny, then)
                and (
                    not (deny.masks(then) and each.masks(now))
                    or self.masked((form, now), (carried.was, then))
                )
                for each in same
            )
            for now, then in carried.compared()
            if _takes(deny, then)
        )


def _whole(deny: CompiledGrant) -> bool:
    return not (deny.hidden or deny.masked or deny.readonly)


def _takes(deny: CompiledGrant, name: str) -> frozenset[str]:
    """What a deny leaves nobody of a field: its sight, its plain sight, writing it."""
    lost = {"sight": not (deny.shows(name) or deny.masks(name)), "plain": not deny.shows(name)}
    lost["write"] = not deny.writes(name)
    return frozenset(what for what, taken in lost.items() if taken)


def _writing(grant: CompiledGrant, name: str) -> frozenset[str]:
    """What a grant lets its holder write of a field or child table: its values, its rows."""
    if name in IDENTITY or name in grant.presets:
        return frozenset()
    lets = {"values": grant.writes(name), "rows": grant.writes_rows(name)}
    return frozenset(what for what, may in lets.items() if may)


def _among(some: Subjects, others: Subjects) -> bool:
    """Whether all whom a role names are plainly among those of another."""
    if others.everyone:
        return True
    departments = {*others.departments, *others.departments_below}
    return (
        not some.everyone
        and set(some.users) <= set(others.users)
        and set(some.departments) <= departments
        and set(some.departments_below) <= set(others.departments_below)
    )
