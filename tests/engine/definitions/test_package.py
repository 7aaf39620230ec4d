"""An app as a zip: the same bytes for the same app, and nothing hostile gets in."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.definitions.package import MOST_BYTES, PackageRefused, pack, unpack

FILES = {"app.json": b'{"key": "shop"}\n', "forms/note.json": b"{}\n", ".fourfold/base.json": b"{}\n"}


def zipped(*entries: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def test_files_come_out_as_they_went_in_and_the_bytes_are_always_the_same() -> None:
    packed = pack(FILES)
    assert unpack(packed) == FILES
    assert pack(dict(reversed(FILES.items()))) == packed


def test_a_folder_around_the_app_is_taken_off() -> None:
    assert unpack(pack({f"crm_app/{name}": content for name, content in FILES.items()})) == FILES


def test_files_that_are_no_definitions_are_left_out() -> None:
    assert unpack(zipped(("app.json", b"{}"), ("logo.png", b"x"), ("docs/a.md", b"x"))) == {"app.json": b"{}"}


@pytest.mark.parametrize(
    "name", ["../app.json", "/etc/app.json", "forms/../../x.json", "a\\b.json", "forms/é.json", "C:/x.json"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(PackageRefused) as refused:
        unpack(zipped((name, b"{}")))
    assert refused.value.message["zh"]


def test_what_is_no_zip_is_refused() -> None:
    for content in (b"", b"PK\x03\x04", b"nothing", pack(FILES)[:-30]):
        with pytest.raises(PackageRefused):
            unpack(content)


def test_a_bomb_is_not_unpacked() -> None:
    zeros = b" " * 3_000_000
    with pytest.raises(PackageRefused):
        unpack(zipped(("app.json", zeros)))
    many = [(f"forms/f{index}.json", b" " * 1_900_000) for index in range(MOST_BYTES // 1_900_000 + 2)]
    with pytest.raises(PackageRefused):
        unpack(zipped(*many))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused() -> None:
    with pytest.raises(PackageRefused):
        unpack(zipped(("app.json", b"{}"), ("app.json", b'{"key": "other"}')))
