"""Samples of files and pictures. The files are rows only: whether they fit a field is found in those."""

from __future__ import annotations

from engine.files import repository
from engine.files.inspect import Facts
from engine.files.media import BY_EXTENSION
from engine.identity.principal import Principal
from engine.runtime import Runtime
from tests.forms.sample import Sample, same

PDF = "01900000-0000-7000-8000-0000000000f1"
PHOTO = "01900000-0000-7000-8000-0000000000f2"
DRAWN = "01900000-0000-7000-8000-0000000000f3"
ALBUM = "01900000-0000-7000-8000-0000000000f4"
SHEET = "01900000-0000-7000-8000-0000000000f5"
NOWHERE = "01900000-0000-7000-8000-00000000ffff"

FILES = {
    PDF: ("offer.pdf", 9_000, None),
    PHOTO: ("front.jpg", 2_000_000, "camera"),
    DRAWN: ("name.png", 20_000, None),
    ALBUM: ("back.webp", 30_000_000, "gallery"),
    SHEET: ("list.xlsx", 5_000_001, "file"),
}

SAMPLES = {
    "file": Sample(
        "file",
        valid=(*same(PDF, SHEET), ({"id": PDF, "name": "offer.pdf"}, PDF), ("", None)),
        wrong=(
            (5, "wrong_type"),
            ("offer.pdf", "wrong_type"),
            ("../../etc/passwd", "wrong_type"),
            (NOWHERE, "file_not_found"),
        ),
        cells=((PDF, PDF), ("", None)),
    ),
    "file_of_a_type": Sample(
        "file",
        valid=same(PDF),
        wrong=((PHOTO, "file_type"), (SHEET, "file_too_large")),
        options={"types": ["pdf", "spreadsheet"], "max_size": 5_000_000},
    ),
    "files": Sample(
        "files",
        valid=(*same([SHEET, PDF]), ([PDF, PDF], [PDF]), ([], None)),
        wrong=(
            (PDF, "wrong_type"),
            (["x"], "wrong_type", "/0"),
            ([PDF, NOWHERE], "file_not_found", "/1"),
            ([PDF, PHOTO, SHEET], "too_many_files"),
        ),
        options={"max_count": 2},
        cells=((f"{PDF}、{SHEET}", [PDF, SHEET]),),
    ),
    "image": Sample(
        "image",
        valid=same(PHOTO, DRAWN),
        wrong=((PDF, "file_type"), (ALBUM, "file_too_large")),
    ),
    "image_there_and_then": Sample(
        "image", valid=same(PHOTO), wrong=((DRAWN, "camera_only"),), options={"camera_only": True}
    ),
    "images": Sample(
        "images",
        valid=same([PHOTO, DRAWN]),
        wrong=(([PHOTO, PDF], "file_type", "/1"), ([PHOTO, 1], "wrong_type", "/1")),
        options={"types": ["jpg", "png"]},
    ),
    "signature": Sample(
        "signature", valid=same(DRAWN), wrong=((PHOTO, "file_type"), ([DRAWN], "wrong_type"))
    ),
}


def keep_files(runtime: Runtime, user: str = "root") -> None:
    """The files above as uploads of one person."""
    with runtime.unit_of_work(Principal(user=user)) as work:
        for file, (name, size, source) in FILES.items():
            type_ = BY_EXTENSION[name.rpartition(".")[2]].type
            repository.add(work, file, name=name, size=size, place=f"original/{file}", source=source)
            repository.settle(work, file, Facts(name, size, type_, file.replace("-", "")))
