"""The key ring: AES-256-GCM for values at rest, and keyed hashes by which they are found and compared.

The file holds every key that stored values may still need, and the id of the one that new values take. It
belongs in the backup, apart from the database: without it encrypted values are lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import EngineError

MARK = "ff1"
"""Begins every sealed value: `ff1.<key id>.<nonce and ciphertext, base64>`."""
NONCE = 12
SIZE = 32


class KeysMissing(EngineError):
    """The key file is not there or cannot be read, so encrypted values can be neither read nor written."""

    code = "keys_missing"
    zh = "找不到或无法读取密钥文件，加密字段无法读写。"
    fix_zh = "请恢复 FOURFOLD_KEYS 所指的文件，或用 fourfold keys create 新建。"
    fix_en = "Bring back the file FOURFOLD_KEYS names, or make one with `fourfold keys create`."


class KeyUnknown(EngineError):
    """A stored value was encrypted with a key that the key file does not hold."""

    code = "key_unknown"
    zh = "存储的值所用的密钥不在密钥文件中。"
    fix_zh = "请从备份恢复该密钥文件。"
    fix_en = "Bring the key file back from the backup."


class SealBroken(EngineError):
    """A stored value was altered, or moved to another place; it cannot be decrypted."""

    code = "seal_broken"
    zh = "存储的加密值已被篡改或移动，无法解密。"
    fix_zh = "请从备份恢复该记录。"
    fix_en = "Bring the record back from the backup."


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file says: keys by id, which one is current, and the key of the blind indexes."""

    current: str
    keys: dict[str, bytes]
    index: bytes
    ciphers: dict[str, AESGCM] = field(default_factory=dict)

    def cipher(self, key: str) -> AESGCM | None:
        made = self.ciphers.get(key)
        if made is None and key in self.keys:
            made = self.ciphers[key] = AESGCM(self.keys[key])
        return made


class KeyRing:
    """The keys of one installation, read when first needed and again when the file has changed.

    With `own` the file is made when it is not there; a path that somebody named must exist.
    """

    def __init__(self, path: Path, *, own: bool) -> None:
        self.path = path
        self._own = own
        self._known: Keys | None = None
        self._read_at: tuple[int, int] | None = None

    def seal(self, text: str, place: str) -> str:
        """`text` encrypted for `place`; the same text gives another value each time. Raises KeysMissing."""
        keys = self._keys()
        cipher = keys.cipher(keys.current)
        if cipher is None:
            raise KeyUnknown(details={"key": keys.current})
        nonce = secrets.token_bytes(NONCE)
        sealed = nonce + cipher.encrypt(nonce, text.encode(), place.encode())
        return f"{MARK}.{keys.current}.{base64.urlsafe_b64encode(sealed).decode()}"

    def unseal(self, sealed: str, place: str) -> str:
        """What was sealed for `place`. Raises KeysMissing, KeyUnknown, SealBroken."""
        key = key_of(sealed)
        cipher = self._keys().cipher(key or "")
        if key is None:
            raise SealBroken()
        if cipher is None:
            raise KeyUnknown(details={"key": key})
        try:
            raw = base64.b64decode(sealed.rpartition(".")[2], altchars=b"-_", validate=True)
            return cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
        except (ValueError, InvalidTag) as wrong:
            raise SealBroken(details={"place": place}) from wrong

    def blind(self, place: str, text: str) -> str:
        """A hash of `text` that only the holder of the ring can make: equal for equal texts of one place."""
        said = f"{place}\x1f{text}".encode()
        return hmac.new(self._keys().index, said, hashlib.sha256).hexdigest()[:SIZE]

    @property
    def in_use(self) -> bool:
        """Whether there are keys at all: without an encrypted field nobody makes any."""
        return self._known is not None or self.path.exists()

    @property
    def current(self) -> str:
        """The id of the key that new values take. Raises KeysMissing."""
        return self._keys().current

    def ids(self) -> tuple[str, ...]:
        """The ids of all keys. Raises KeysMissing."""
        return tuple(self._keys().keys)

    def create(self) -> str:
        """Make the file with a first key; the key's id. Raises FileExistsError."""
        identifier = _new_key_id()
        made = Keys(identifier, {identifier: secrets.token_bytes(SIZE)}, secrets.token_bytes(SIZE))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _write(self.path, made, exclusive=True)
        return identifier

    def rotate(self) -> str:
        """Add a key and make it the current one; its id. Values sealed before stay readable."""
        old, identifier = self._keys(), _new_key_id()
        keys = {**old.keys, identifier: secrets.token_bytes(SIZE)}
        _write(self.path, Keys(identifier, keys, old.index), exclusive=False)
        return identifier

    def retire(self, unused: set[str]) -> None:
        """Take keys out that no stored value needs; never the current one."""
        old = self._keys()
        keys = {key: value for key, value in old.keys.items() if key not in unused or key == old.current}
        _write(self.path, Keys(old.current, keys, old.index), exclusive=False)

    def _keys(self) -> Keys:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if not self._own:
                raise KeysMissing(details={"path": str(self.path)}) from None
            self._make()
            status = self.path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if self._known is None or self._read_at != stamp:
            self._known, self._read_at = _read(self.path), stamp
        return self._known

    def _make(self) -> None:
        if self._known is not None:
            raise KeysMissing(
                details={"path": str(self.path)}
            )  # it was there: a new one would not open what is stored
        try:
            self.create()
        except FileExistsError:
            return  # another process was first


def key_of(sealed: str) -> str | None:
    """The id of the key a value is sealed with; None for a value that is not sealed."""
    parts = sealed.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[0] == MARK else None


def _new_key_id() -> str:
    return f"k{secrets.token_hex(4)}"


def _read(path: Path) -> Keys:
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        keys = {name: base64.b64decode(value, validate=True) for name, value in raw["keys"].items()}
        found = Keys(raw["current"], keys, base64.b64decode(raw["index"], validate=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise KeysMissing(details={"path": str(path)}) from wrong
    if found.current not in keys or any(len(key) != SIZE for key in (*keys.values(), found.index)):
        raise KeysMissing(details={"path": str(path)})
    return found


def _write(path: Path, keys: Keys, *, exclusive: bool) -> None:
    """Write the file whole, readable by its owner alone. With `exclusive` raises FileExistsError."""
    text = json.dumps(
        {
            "current": keys.current,
            "keys": {name: base64.b64encode(key).decode() for name, key in keys.keys.items()},
            "index": base64.b64encode(keys.index).decode(),
        },
        indent=2,
    )
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(beside, path)
        else:
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
