"""What calls to other systems are signed with: kept sealed beside the app, named in its documents, shown to nobody.

A secret goes to the hosts it was given for and to no others: who may change where a call goes cannot have it
sent elsewhere without knowing it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints
from sqlalchemy import delete, insert, select

from engine.changes.operations import note
from engine.connect.tables import secret as table
from engine.definitions.app import Key
from engine.errors import NotFound
from engine.identity.designers import require_designer
from engine.identity.documents import read_document
from engine.jobs.worker import PermanentFailure
from engine.protocols import Document
from engine.sealing.ring import key_of
from engine.storage.unit_of_work import UnitOfWork

MOST_HOSTS = 20
Host = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.\-]*[a-z0-9])?(:[0-9]{1,5})?$", max_length=260)
]
TELLING = re.compile(
    r"(^|[-_])(auth|authorization|token|secret|password|passwd|key|apikey|cookie|signature)s?($|[-_])"
)
"""Names of headers that hold what nobody else should know."""


class SecretNotFound(NotFound):
    """The app has no such secret."""

    code = "secret_not_found"
    zh = "该应用没有此密文。"


class SecretNotSet(PermanentFailure):
    """The call names a secret that nobody has set."""

    code = "secret_not_set"
    zh = "调用所需的密文尚未设置。"
    fix_zh = "请用 PUT /apps/{app}/secrets/{key} 设置，然后重新执行该任务。"
    fix_en = "Set it with PUT /apps/{app}/secrets/{key}, then run the job again."


class SecretElsewhere(PermanentFailure):
    """The secret is not for the host that the call goes to."""

    code = "secret_elsewhere"
    zh = "该密文不得发往此主机。"
    fix_zh = "请在设置密文时列出此主机（hosts），或改正网址。"
    fix_en = "Name the host in `hosts` when setting the secret, or correct the URL."


class SecretDocument(Document):
    """The value of a header, and the hosts (with the port, if it is not the usual one) that it is sent to."""

    value: str = Field(min_length=1, max_length=8000, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")
    hosts: tuple[Host, ...] = Field(min_length=1, max_length=MOST_HOSTS)


class SecretKey(Document):
    """The key of a secret, as in documents."""

    key: Key


def secrets_of(work: UnitOfWork, app: str) -> list[dict[str, Any]]:
    """The secrets of an app by key, without their values. Raises NotADesigner."""
    require_designer(work, app)
    columns = (table.c.key, table.c.hosts, table.c.set_by, table.c.set_at)
    found = work.connection.execute(select(*columns).where(table.c.app == app).order_by(table.c.key))
    return [dict(row) for row in found.mappings()]


def set_secret(work: UnitOfWork, app: str, key: str, document: Any) -> dict[str, Any]:
    """Keep a secret, in the place of one there was. Raises NotADesigner, AppNotFound, Invalid, KeysMissing."""
    require_designer(work, app)
    work.app(app)
    read_document(SecretKey, {"key": key})
    asked = read_document(SecretDocument, document)
    work.connection.execute(delete(table).where(table.c.app == app, table.c.key == key))
    told = {"key": key, "hosts": list(asked.hosts), "set_by": work.principal.user, "set_at": work.now}
    sealed = work.runtime.ring.seal(asked.value, _place(app, key))
    work.connection.execute(insert(table).values(app=app, sealed=sealed, **told))
    note(work, "secret_set", key, app=app, details={"hosts": list(asked.hosts)})
    return told


def remove_secret(work: UnitOfWork, app: str, key: str) -> None:
    """Forget a secret. Raises NotADesigner, SecretNotFound."""
    require_designer(work, app)
    done = work.connection.execute(delete(table).where(table.c.app == app, table.c.key == key))
    if not done.rowcount:
        raise SecretNotFound()
    note(work, "secret_removed", key, app=app)


def headers_with_secrets(
    work: UnitOfWork, app: str, headers: Mapping[str, Any], url: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Headers as they are sent, secrets in the place of their names; and these secrets.

    Raises SecretNotSet, SecretElsewhere.
    """
    known = {name: said["secret"] for name, said in headers.items() if isinstance(said, Mapping)}
    values = {name: _value(work, app, key, url) for name, key in known.items()}
    return {**headers, **values}, tuple(values.values())


def _value(work: UnitOfWork, app: str, key: str, url: str) -> str:
    statement = select(table.c.sealed, table.c.hosts).where(table.c.app == app, table.c.key == key)
    found = work.connection.execute(statement).first()
    if found is None:
        raise SecretNotSet(details={"secret": key})
    host = urlsplit(url).netloc.lower()
    if host not in found.hosts:
        raise SecretElsewhere(details={"secret": key, "host": host})
    return work.runtime.ring.unseal(found.sealed, _place(app, key))


def seal_anew(work: UnitOfWork) -> None:
    """Seal every secret with the current key."""
    ring = work.runtime.ring
    for app, key, sealed in work.connection.execute(select(table.c.app, table.c.key, table.c.sealed)).all():
        anew = ring.seal(ring.unseal(sealed, _place(app, key)), _place(app, key))
        work.connection.execute(
            table.update().where(table.c.app == app, table.c.key == key).values(sealed=anew)
        )


def keys_of_secrets(work: UnitOfWork) -> set[str]:
    """The ids of the keys that secrets are sealed with."""
    sealed = work.connection.execute(select(table.c.sealed)).scalars()
    return {key for each in sealed if (key := key_of(each)) is not None}


def _place(app: str, key: str) -> str:
    return f"secret/{app}/{key}"
