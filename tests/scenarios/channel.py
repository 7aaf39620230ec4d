"""Dealers, outlets and visits as the scenarios give them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from tests.scenarios.crm import Crm, Record

DEALERS = {"DL-001": ("C1", "EAST-JS", "A", "li", "dl1"), "DL-002": ("C5", "EAST-ZJ", "B", "zhou", "dl2")}
AT_PINGJIANG = {"lat": "31.298900", "lng": "120.585300"}


def dealer(crm: Crm, name: str = "DL-001") -> Record:
    """One of the fixture's dealers of tier 1."""
    customer, region, level, manager, portal = DEALERS[name]
    return crm.create(
        "root",
        "dealer",
        name=name,
        customer=crm.ids[customer],
        tier="t1",
        region=crm.ids[region],
        level=level,
        manager=manager,
        portal_user=portal,
        owner=manager,
    )


def outlet(crm: Crm, of: Record, **values: Any) -> Record:
    """平江路大排档 of this dealer."""
    address = {"region": "320500", "detail": "平江路 1 号"}
    given = {"name": "平江路大排档", "kind": "restaurant", "address": address, "geo": AT_PINGJIANG}
    return crm.create("root", "outlet", dealer=of["id"], owner="li", **(given | values))


def photo(crm: Crm, user: str, mark: str, *, source: str = "camera") -> str:
    """The id of a picture that the user uploaded; another mark is another content."""
    answer = crm.by(user).request(
        "POST", "/uploads", params={"name": "photo.png", "source": source}, content=png(mark)
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def png(mark: str) -> bytes:
    """A picture of one pixel."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"tEXt", b"Title\x00" + mark.encode()),
        (b"IDAT", zlib.compress(b"\x00\x10\x20\x30")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
