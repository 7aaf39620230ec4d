"""A brake on guessing passwords, kept in the store, so that all processes count together.

Three limits: failures of one name from one network; failures of one name from all networks it has never
logged in from, which guesses from everywhere wear out without keeping out the person, who comes from a known
one; and failures from one network with whatever names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.identity.passwords import TooManyFailures
from engine.identity.tables import known_network, login_failure
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork

FAILURE = login_failure.c
KNOWN_DAYS = 90


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many failures within a time."""

    most: int
    window: timedelta


OWN = Limit(8, timedelta(minutes=5))
STRANGERS = Limit(100, timedelta(minutes=15))
NETWORK = Limit(60, timedelta(minutes=5))
LONGEST = max(each.window for each in (OWN, STRANGERS, NETWORK))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who somebody says to be, and where they come from."""

    name: str
    network: str


def attempt(username: str, peer: str) -> Attempt:
    """What counts as the same name and the same sender."""
    name = hashlib.sha256(username.strip()[:80].encode(errors="replace")).hexdigest()
    return Attempt(name, network(peer))


def network(peer: str) -> str:
    """What counts as one sender: an IPv4 address, or the /64 that one IPv6 customer has to himself."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def refuse(work: UnitOfWork, asked: Attempt) -> None:
    """Raises TooManyFailures, with `retry_after` in seconds, when a limit is reached. Only reads."""
    _refuse(work, OWN, FAILURE.name == asked.name, FAILURE.network == asked.network)
    if _known(work, asked):
        return
    known = select(known_network.c.network).where(known_network.c.name == asked.name)
    _refuse(work, STRANGERS, FAILURE.name == asked.name, FAILURE.network.not_in(known))
    _refuse(work, NETWORK, FAILURE.network == asked.network)


def _known(work: UnitOfWork, asked: Attempt) -> bool:
    since = work.now - timedelta(days=KNOWN_DAYS)
    row = known_network.c
    found = exists().where(row.name == asked.name, row.network == asked.network, row.at > since)
    return bool(work.connection.execute(select(found)).scalar())


def _refuse(work: UnitOfWork, limit: Limit, *which: ColumnElement[bool]) -> None:
    statement = select(func.count(), func.min(FAILURE.at)).where(*which, FAILURE.at > work.now - limit.window)
    count, first = work.connection.execute(statement).one()
    if count >= limit.most:
        wait: timedelta = first + limit.window - work.now
        raise TooManyFailures(details={"retry_after": max(1, int(wait.total_seconds()))})


def begin(work: UnitOfWork, asked: Attempt) -> None:
    """Count an attempt before it is made, so that guesses at the same moment count too. Raises TooManyFailures."""
    if work.runtime.database.dialect == "postgres":  # SQLite has one writer at a time anyway
        for each in sorted((asked.name, asked.network)):
            work.row("SELECT pg_advisory_xact_lock(hashtextextended(%s, 6))::text", (each,))
    refuse(work, asked)
    values = {"id": new_id(), "name": asked.name, "network": asked.network, "at": work.now}
    work.connection.execute(insert(login_failure).values(**values))


def succeeded(work: UnitOfWork, asked: Attempt) -> None:
    """Forget the failures of this name from this network, and know the network."""
    _forget(work, FAILURE.name == asked.name, FAILURE.network == asked.network)
    make = sqlite.insert if work.runtime.database.dialect == "sqlite" else postgresql.insert
    values = {"name": asked.name, "network": asked.network, "at": work.now}
    statement = make(known_network).values(**values)
    keys = (known_network.c.name, known_network.c.network)
    work.connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"at": work.now}))


def open_again(work: UnitOfWork, username: str) -> None:
    """Forget all failures of a name."""
    _forget(work, FAILURE.name == attempt(username, "").name)


def drop_old(work: UnitOfWork) -> None:
    """Forget what no limit counts any more, and networks not seen for long."""
    _forget(work, FAILURE.at <= work.now - LONGEST)
    since: datetime = work.now - timedelta(days=KNOWN_DAYS)
    work.connection.execute(delete(known_network).where(known_network.c.at <= since))


def _forget(work: UnitOfWork, *which: ColumnElement[bool]) -> None:
    work.connection.execute(delete(login_failure).where(*which))
