"""What kind of file it is, judged by what is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

import puremagic

from bot.catalog.municipality import SAME_FORMAT, FileLimits
from bot.store.files.packages import declared_media
from bot.store.files.plain_text import HEAD, is_plain_text
from bot.text import Words, clean

MEDIA = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "heif": "image/heif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "webp": "image/webp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "txt": "text/plain",
    "csv": "text/csv",
}
SAME = (*SAME_FORMAT, frozenset({"txt", "csv"}))
PACKAGES = {MEDIA[kind]: kind for kind in ("docx", "xlsx", "pptx", "odt", "ods")}
PICTURES = {
    "jpg": "jpg",
    "jpeg": "jpg",
    "jfif": "jpg",
    "png": "png",
    "tif": "tif",
    "tiff": "tif",
    "gif": "gif",
}
PICTURES |= {"webp": "webp", "heif": "heic", "heic": "heic", "pdf": "pdf"}
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"heif"})
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]+')
NAME_LENGTH = 120
GIVEN_LENGTH = 1_000
"""Characters of a given name that are looked at: its end, where the ending is."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that is taken: its name and media type. Or one that is not: `refused` is the key of the reason."""

    name: str
    media: str = ""
    refused: str = ""


def judge(file: IO[bytes], given_name: str, limits: FileLimits) -> Judged:
    """Whether `file` is of `limits.kinds`. A name whose ending says another kind gets the right one."""
    name = safe_name(given_name)
    said = ending(name)
    if said and said not in limits.endings:
        return Judged(name, refused="file.kind")
    head = _head(file)
    if not head:
        return Judged(name, refused="file.empty")
    found = kind_of(file)
    if not found or not _any_same(found, limits.kinds):
        return Judged(name, refused="file.content")
    if not _same(found, said):
        name = f"{name[: -len(said) - 1] if said else name}.{found}"
    return Judged(name, MEDIA[found])


def not_taken(name: str, why: str, limits: FileLimits, words: Words) -> str:
    """That a file is not taken and why (the key of the reason), in the words every door uses."""
    return words(
        "no.file",
        file=name,
        reason=words(why),
        kinds=", ".join(limits.kinds),
        size=words.size(limits.max_bytes),
    )


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD)


def kind_of(file: IO[bytes]) -> str:
    """The ending that the content deserves; empty for what nobody should be sent."""
    head = _head(file)
    if head.startswith(b"PK\x03\x04"):
        return PACKAGES.get(declared_media(file), "")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "heic"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n ").startswith(b"%PDF-"):
        return "pdf"
    try:
        endings = [match.extension.lstrip(".") for match in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        endings = [""]
    return PICTURES.get(endings[0], "") or ("txt" if is_plain_text(file) else "")


def _same(kind: str, other: str) -> bool:
    return kind == other or any(kind in group and other in group for group in SAME)


def _any_same(kind: str, kinds: tuple[str, ...]) -> bool:
    return any(_same(kind, one) for one in kinds)


def ending(name: str) -> str:
    """What follows the last dot, in small letters; empty where that is no ending."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= 10 and last.isalnum() else ""


def safe_name(given: str) -> str:
    """The name without folders, marks that mislead the eye, and letters that no disk takes."""
    last = clean(given[-GIVEN_LENGTH:]).replace("\\", "/").rpartition("/")[2]
    name = " ".join(_NOT_IN_NAMES.sub("_", last).split()).strip(". ")
    if len(name) <= NAME_LENGTH:
        return name or "fil"
    said = ending(name)
    kept = NAME_LENGTH - len(said) - 1
    return f"{name[:kept].rstrip()}.{said}" if said else name[:NAME_LENGTH]
