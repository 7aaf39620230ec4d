"""The kinds of files that are known: media type, family, extensions, and which are shown in a browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
XML = "application/xml"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
SVG = "image/svg+xml"
MACROS = "macros"
"""The family of office files that hold programs. A field takes them where it names no types, or these."""


@dataclass(frozen=True, slots=True)
class Media:
    """One kind of file. The first extension is the usual one. `content`: what its bytes may look like where
    that is not its own media type alone. `inline`: a browser may show it in its place.
    """

    type: str
    family: str
    extensions: tuple[str, ...]
    content: tuple[str, ...] = ()
    inline: bool = False


def _office(kind: str, family: str, *extensions: str) -> Media:
    # one with a password is an OLE storage with the content inside
    return Media(f"application/vnd.openxmlformats-officedocument.{kind}", family, extensions, (OLE,))


def _macros(kind: str, like: str, *extensions: str) -> Media:
    # whoever reads the name is warned, and the office program asks before it runs anything
    plain = f"application/vnd.openxmlformats-officedocument.{like}"
    return Media(f"application/vnd.ms-{kind}.macroEnabled.12", MACROS, extensions, (plain, OLE))


def _old(name: str, family: str, *extensions: str) -> Media:
    return Media(f"application/{name}", family, extensions, (OLE, ZIP))


MEDIA: tuple[Media, ...] = (
    Media("image/jpeg", "image", ("jpg", "jpeg", "jfif"), inline=True),
    Media("image/png", "image", ("png",), inline=True),
    Media("image/gif", "image", ("gif",), inline=True),
    Media("image/webp", "image", ("webp",), inline=True),
    Media("image/avif", "image", ("avif",), inline=True),
    Media("image/heic", "image", ("heic", "heif")),
    Media("image/bmp", "image", ("bmp",)),
    Media("image/tiff", "image", ("tif", "tiff")),
    Media(SVG, "drawing", ("svg",)),
    Media("image/vnd.dwg", "drawing", ("dwg",)),
    Media("application/pdf", "document", ("pdf",), inline=True),
    Media("application/ofd", "document", ("ofd",)),
    _office("wordprocessingml.document", "document", "docx"),
    _office("spreadsheetml.sheet", "spreadsheet", "xlsx"),
    _office("presentationml.presentation", "presentation", "pptx"),
    _macros("word.document", "wordprocessingml.document", "docm", "dotm"),
    _macros("excel.sheet", "spreadsheetml.sheet", "xlsm", "xltm", "xlam"),
    _macros("powerpoint.presentation", "presentationml.presentation", "pptm", "potm", "ppsm", "ppam"),
    _old("msword", "document", "doc", "wps"),
    _old("vnd.ms-excel", "spreadsheet", "xls", "et"),
    _old("vnd.ms-powerpoint", "presentation", "ppt", "dps"),
    _old("vnd.ms-outlook", "document", "msg"),
    _old("vnd.visio", "drawing", "vsd"),
    Media("application/vnd.oasis.opendocument.text", "document", ("odt",)),
    Media("application/vnd.oasis.opendocument.spreadsheet", "spreadsheet", ("ods",)),
    Media("application/vnd.oasis.opendocument.presentation", "presentation", ("odp",)),
    Media("application/rtf", "document", ("rtf",)),
    Media("message/rfc822", "document", ("eml",), (PLAIN,)),
    Media(PLAIN, "text", ("txt", "log"), inline=True),
    Media("text/csv", "spreadsheet", ("csv", "tsv"), (PLAIN,)),
    Media("text/markdown", "text", ("md",), (PLAIN,)),
    Media("application/json", "text", ("json", "geojson"), (PLAIN,)),
    Media(XML, "text", ("xml",), (PLAIN,)),
    Media("application/yaml", "text", ("yaml", "yml"), (PLAIN,)),
    Media("text/calendar", "text", ("ics",), (PLAIN,)),
    Media("text/vcard", "text", ("vcf",), (PLAIN,)),
    Media(ZIP, "archive", ("zip",)),
    Media("application/vnd.rar", "archive", ("rar",)),
    Media("application/x-7z-compressed", "archive", ("7z",)),
    Media("application/gzip", "archive", ("gz", "tgz")),
    Media("application/x-tar", "archive", ("tar",)),
    Media("audio/mpeg", "audio", ("mp3",), inline=True),
    Media("audio/mp4", "audio", ("m4a",), inline=True),
    Media("audio/wav", "audio", ("wav",), inline=True),
    Media("audio/ogg", "audio", ("ogg", "oga", "opus"), inline=True),
    Media("audio/flac", "audio", ("flac",), inline=True),
    Media("audio/amr", "audio", ("amr",)),
    Media("video/mp4", "video", ("mp4", "m4v"), inline=True),
    Media("video/quicktime", "video", ("mov",)),
    Media("video/webm", "video", ("webm", "mkv"), inline=True),
    Media("video/x-msvideo", "video", ("avi",)),
)

BY_TYPE = {media.type: media for media in MEDIA}
BY_EXTENSION = {extension: media for media in MEDIA for extension in media.extensions}
FAMILIES = tuple(dict.fromkeys(media.family for media in MEDIA))

RUNS = {
    "application/x-msdownload": "Windows program",
    "application/x-executable": "Linux program",
    "application/x-mach-binary": "macOS program",
    "application/java-archive": "Java or Android program",
    "application/java-vm": "Java class",
    "application/x-ms-shortcut": "Windows shortcut",
    "text/x-script": "script",
    "text/x-php": "PHP script",
    "text/html": "web page",
}
"""Media types, as found in the content, of what would run where it is opened; they are never taken."""

_RUNNING = """
ade adp apk app appx bat cer chm cmd com cpl crx deb dll dmg exe hta htm html inf ins ipa isp jar js jse lnk
mht mhtml mjs msc msi msix msp mst php phtml pif pl ps1 psm1 py rb reg rpm scf scr sct sh shtml so svgz swf
sys url vb vbe vbs vxd wasm ws wsc wsf wsh xht xhtml xll
"""
RUNNING_EXTENSIONS = frozenset(_RUNNING.split())
"""Extensions with which some system runs a file; a file with one is never taken, whatever is in it."""

PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""What an image field takes: browsers show them and previews can be made of them."""


def covers(wanted: Iterable[str], type_: str) -> bool:
    """Whether a media type is one of `wanted`: extensions, families or media types."""
    media = BY_TYPE.get(type_)
    if media is None:
        return type_ in wanted
    return any(each in (media.family, media.type, *media.extensions) for each in wanted)


def known(wanted: str) -> bool:
    """Whether this names an extension, a family or a media type."""
    return wanted in BY_EXTENSION or wanted in FAMILIES or wanted in BY_TYPE


def shown_inline(type_: str | None) -> bool:
    """Whether a browser may show it in its place."""
    media = BY_TYPE.get(type_ or "")
    return media is not None and media.inline
