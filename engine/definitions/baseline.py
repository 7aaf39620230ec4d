"""What a folder and a store agreed on when they last met: `.fourfold/base.json` beside the documents.

It holds one entry per store that the folder was exported from or applied to, because the same folder goes to
several (test, then live). A store is known by the first version of the app in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from engine.definitions import repository
from engine.definitions.app import Documents
from engine.definitions.folder import MAX_FILE
from engine.protocols import DefinitionKind

PLACE = ".fourfold/base.json"
MOST_STORES = 50
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The version both sides had, and the digest of each document in it by name (`/forms/customer`)."""

    version: int
    digests: Mapping[str, str]


def named(documents: Documents, kinds: Iterable[DefinitionKind]) -> dict[str, dict[str, Any]]:
    """The documents of an app by name: `/app`, `/forms/customer`."""
    found: dict[str, dict[str, Any]] = {}
    for document in documents.get("app", {}).values():
        found["/app"] = document
    for kind in kinds:
        for key, document in sorted(documents.get(kind.type, {}).items()):
            found[f"/{kind.folder}/{key}"] = document
    return found


def digest(document: Mapping[str, Any]) -> str:
    """What two documents share exactly when they mean the same, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def baseline_of(version: int, documents: Mapping[str, Mapping[str, Any]]) -> Baseline:
    """The baseline of a folder and a store that both hold these documents, by name."""
    return Baseline(version, {name: digest(document) for name, document in documents.items()})


def store_key(connection: Connection, app: str) -> str | None:
    """What tells this store's app from the same app in another store; None before it is published."""
    versions = repository.versions(connection, app)
    if not versions:
        return None
    first = versions[-1]["published_at"]
    return hashlib.sha256(f"{app} {first.isoformat()}".encode()).hexdigest()[:16]


def read_baselines(content: bytes | None) -> dict[str, Baseline]:
    """The baselines of a folder by store; what is no such file counts as none."""
    try:
        stores = json.loads(content or b"{}")["stores"]
        return {str(store): _baseline(each) for store, each in stores.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _baseline(raw: Any) -> Baseline:
    digests = {str(name): str(each) for name, each in raw["documents"].items()}
    if not all(_DIGEST.fullmatch(each) for each in digests.values()):
        raise ValueError("no digest")
    return Baseline(int(raw["version"]), digests)


def baselines_json(stores: Mapping[str, Baseline]) -> dict[str, Any]:
    """The baselines as JSON, those of the newest stores last."""
    kept = list(stores.items())[-MOST_STORES:]
    return {
        "stores": {
            store: {"version": each.version, "documents": dict(sorted(each.digests.items()))}
            for store, each in kept
        }
    }


def baselines_bytes(stores: Mapping[str, Baseline]) -> bytes:
    """The file, the same bytes for the same baselines."""
    return (json.dumps(baselines_json(stores), indent=2) + "\n").encode()


def folder_baselines(folder: Path) -> dict[str, Baseline]:
    """What a folder remembers; nothing is read through links."""
    path = folder / PLACE
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE:
        return {}
    return read_baselines(path.read_bytes())


def remember(folder: Path, store: str, baseline: Baseline) -> bool:
    """Note in a folder what it and a store both have now; False where the folder cannot be written."""
    stores = folder_baselines(folder)
    stores.pop(store, None)
    path = folder / PLACE
    if path.parent.is_symlink() or path.is_symlink():
        return False
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(baselines_bytes({**stores, store: baseline}))
    except OSError:
        return False  # an installed app in a place that is only read: it is applied all the same
    return True


def changed_here(documents: Mapping[str, Mapping[str, Any]], base: Baseline) -> list[str]:
    """Names of the documents of a folder that are no longer as they were at the baseline."""
    names = documents.keys() | base.digests.keys()
    return sorted(
        name for name in names if name not in documents or digest(documents[name]) != base.digests.get(name)
    )
