"""Grants out of grants: less what is denied, and what two sets of them both allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, product

from engine.expressions import CheckedExpression
from engine.permissions.compiled import (
    NOTHING,
    CompiledGrant,
    Condition,
    GrantSet,
    Names,
    PartShare,
    covers,
)


def without_denied(
    grants: Iterable[CompiledGrant], denies: tuple[CompiledGrant, ...]
) -> tuple[CompiledGrant, ...]:
    """Grants that allow, together, what `grants` allow and none of `denies` takes away.

    A deny of whole records leaves each grant without those. One of fields leaves each grant without the
    fields, beside a grant of them alone without the records denied.
    """
    whole = [deny for deny in denies if not _takes(deny)]
    if any(deny.where is None for deny in whole):
        return ()
    rows = tuple(deny.where for deny in whole if isinstance(deny.where, CheckedExpression))
    return tuple(each for grant in grants for each in _fields_kept(grant, denies, rows))


def _takes(deny: CompiledGrant) -> frozenset[str]:
    """The fields that a deny hides, masks or makes read-only."""
    return deny.hidden | deny.masked | deny.readonly


def _fields_kept(
    grant: CompiledGrant, denies: tuple[CompiledGrant, ...], rows: tuple[CheckedExpression, ...]
) -> Iterator[CompiledGrant]:
    rows = (*grant.without, *rows)
    yield replace(
        grant,
        without=rows,
        hidden=grant.hidden.union(*(deny.hidden for deny in denies)),
        masked=grant.masked.union(*(deny.masked for deny in denies)),
        readonly=grant.readonly.union(*(deny.readonly for deny in denies)),
    )
    groups: dict[tuple[Taking, ...], set[str]] = {}
    for name in sorted(frozenset[str]().union(*map(_takes, denies))):
        taking = tuple((deny, how) for deny in denies if (how := _ways(deny, name)))
        groups.setdefault(taking, set()).add(name)
    for taken, names in groups.items():
        kept = frozenset(names) if grant.read is None else _both(frozenset(names), grant.read)
        if kept:
            yield from _as_far_as(replace(grant, read=kept, without=rows), taken)


Taking = tuple[CompiledGrant, frozenset[str]]
"""A deny, and in which ways it takes a field: hidden, masked, readonly."""


def _as_far_as(grant: CompiledGrant, taking: tuple[Taking, ...]) -> Iterator[CompiledGrant]:
    """The grant where none of the denies holds; and where no more than some hold that leave the fields there,
    masked or read-only.
    """
    milder = sorted(frozenset[str]().union(*(how for _, how in taking)) - {"hidden"})
    for left in (set(some) for size in range(len(milder) + 1) for some in combinations(milder, size)):
        away = [deny.where for deny, how in taking if not how <= left]
        if not away or not all(isinstance(where, CheckedExpression) for where in away):
            continue  # the grant with all that is denied has it, or it is denied in every record
        wheres = tuple(where for where in away if isinstance(where, CheckedExpression))
        holding = [deny for deny, how in taking if how <= left]
        yield replace(
            grant,
            without=(*grant.without, *wheres),
            masked=grant.masked.union(*(deny.masked for deny in holding)),
            readonly=grant.readonly.union(*(deny.readonly for deny in holding)),
        )


def _ways(deny: CompiledGrant, name: str) -> frozenset[str]:
    known = {"hidden": deny.hidden, "masked": deny.masked, "readonly": deny.readonly}
    return frozenset(way for way, taken in known.items() if _touches(taken, name))


def _touches(taken: frozenset[str], name: str) -> bool:
    """Whether a deny that takes these fields takes something of this one: itself, its table, or a field of it."""
    return covers(taken, name) or any(each.startswith(name + ".") for each in taken)


def _both(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """The fields that both name, a child table naming all of its fields."""
    return frozenset(
        [name for name in some if covers(others, name)] + [name for name in others if covers(some, name)]
    )


def both(one: GrantSet, other: GrantSet) -> GrantSet:
    """For reading: the cells that some grant of the one set shows and some grant of the other."""
    if other.unlimited:
        return one
    if one.unlimited or set(other.grants) <= set(one.grants):
        return other
    if set(one.grants) <= set(other.grants):
        return one
    grants = tuple(each for pair in product(one.grants, other.grants) for each in _joined(*pair))
    return GrantSet(_needed(grants), False, (*one.key, "and", *other.key)) if grants else NOTHING


def _needed(grants: tuple[CompiledGrant, ...]) -> tuple[CompiledGrant, ...]:
    """For reading: the grants without those of which another shows every cell."""
    kept: list[CompiledGrant] = []
    for at, grant in enumerate(grants):
        if not any(_includes(other, grant) for other in (*kept, *grants[at + 1 :])):
            kept.append(grant)
    return tuple(kept)


def _includes(wide: CompiledGrant, narrow: CompiledGrant) -> bool:
    """Whether a grant plainly shows every cell that another shows."""
    rows = wide.where is None or (wide.where in (narrow.where, *narrow.also))
    rows = rows and {*wide.also} <= {narrow.where, *narrow.also} and {*wide.without} <= {*narrow.without}
    fields = wide.hidden <= narrow.hidden and wide.masked <= narrow.masked
    if narrow.read is None or wide.read is None:
        return rows and fields and wide.read is None
    return rows and fields and all(covers(wide.read, name) for name in narrow.read)


def _joined(one: CompiledGrant, other: CompiledGrant) -> Iterator[CompiledGrant]:
    """The rows and fields that two grants have in common."""
    if one is other:
        yield one
        return
    read = _common(one.read, other.read)
    if read is not None and not read:
        return
    wheres = [each for each in (one.where, other.where) if each is not None]
    own = [each for each in wheres if isinstance(each, CheckedExpression)]
    if len({each for each in wheres if isinstance(each, PartShare)}) > 1:
        return
    shared = [each for each in wheres if not isinstance(each, CheckedExpression)]
    rows: Condition = (shared or own or [None])[0]
    yield replace(
        one,
        where=rows,
        also=(*one.also, *other.also, *own[1:]),
        without=(*one.without, *other.without),
        hidden=one.hidden | other.hidden,
        masked=one.masked | other.masked,
        read=read,
        pointer=f"{one.pointer} {other.pointer}",
    )


def _common(some: Names, others: Names) -> Names:
    """The fields in both; None stands for all."""
    if some is None or others is None:
        return others if some is None else some
    return _both(some, others)
