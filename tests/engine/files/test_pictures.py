"""What pictures say of themselves, how it is taken out, and small pictures of them."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from engine.files.images import BrokenPicture, preview, read_picture
from engine.files.metadata import strip
from tests.engine.files.pictures import exif, picture

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_tells_when_where_and_with_what(tmp_path, kind):
    path = tmp_path / "x"
    path.write_bytes(picture(kind, (64, 48), exif=exif(turn=6)))
    found = read_picture(path)
    assert (found.width, found.height, found.turn) == (48, 64, 6)
    assert found.about == {
        "taken_at": "2026-04-01T09:10:00+08:00",
        "lat": "31.303200",
        "lng": "120.586800",
        "camera": "Acme Phone 5",
    }


def test_a_picture_without_a_word_about_itself(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(picture("JPEG"))
    assert read_picture(path).about == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [1, 6])
def test_metadata_goes_and_not_a_pixel_changes(tmp_path, kind, turn):
    more = {"xmp": b"<x:xmpmeta>secret</x:xmpmeta>"} if kind != "PNG" else {}
    data = picture(kind, (64, 48), exif=exif(turn=turn), icc_profile=b"profile" * 20, **more)
    bare = strip(data, KINDS[kind], turn)
    assert b"Acme" in data
    for secret in (b"Acme", b"2026:04:01", b"xmpmeta", b"secret"):
        assert secret not in bare
    before, after = Image.open(BytesIO(data)), Image.open(BytesIO(bare))
    assert before.tobytes() == after.tobytes()
    assert after.info["icc_profile"] == b"profile" * 20
    path = tmp_path / "x"
    path.write_bytes(bare)
    found = read_picture(path)
    assert (found.turn, found.about) == (turn, {})


def test_what_stands_behind_the_end_of_a_jpeg_goes_too():
    data = picture("JPEG") + b"second picture with its own place"
    assert strip(data, "image/jpeg", 1) == strip(picture("JPEG"), "image/jpeg", 1)


def test_a_progressive_jpeg_stays_whole():
    data = picture("JPEG", (200, 150), progressive=True, exif=exif())
    bare = strip(data, "image/jpeg", 1)
    assert Image.open(BytesIO(bare)).tobytes() == Image.open(BytesIO(data)).tobytes()


def test_a_moving_gif_keeps_its_frames_and_loses_its_comment():
    target = BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"taken at home")
    bare = strip(target.getvalue(), "image/gif", 1)
    assert b"taken at home" not in bare
    read = Image.open(BytesIO(bare))
    assert (read.n_frames, read.info["loop"]) == (3, 0)


@pytest.mark.parametrize("kind", [*KINDS, "GIF"])
def test_a_cut_picture_is_broken_not_endless(kind):
    data = picture(kind, (64, 48))
    type_ = KINDS.get(kind, "image/gif")
    for length in range(3, len(data) - 2, 97):
        try:
            strip(data[:length], type_, 1)
        except BrokenPicture:
            continue
        assert kind == "WEBP", length  # a cut RIFF ends where its chunks end


@pytest.mark.parametrize("kind", [*KINDS, "GIF"])
def test_a_preview_fits_and_says_nothing(tmp_path, kind):
    path = tmp_path / "x"
    more = {} if kind == "GIF" else {"exif": exif(turn=6)}
    path.write_bytes(picture(kind, (640, 480), **more))
    small = Image.open(BytesIO(preview(path, 160)))
    assert small.format == "WEBP"
    assert small.size == ((160, 120) if kind == "GIF" else (120, 160))
    assert not small.getexif()


def test_a_small_picture_is_not_blown_up(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(picture("PNG", (20, 10)))
    assert Image.open(BytesIO(preview(path, 640))).size == (20, 10)
