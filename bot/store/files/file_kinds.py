"""Detection of a file's kind by its content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

import puremagic

from bot.catalog.municipality import SAME_FORMAT, FileLimits
from bot.store.files.office_media_types import declared_media
from bot.store.files.plain_text import HEAD_SIZE, is_plain_text
from bot.text import Words, clean

MEDIA_TYPES = {
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
EQUIVALENT_KINDS = (*SAME_FORMAT, frozenset({"txt", "csv"}))
OOXML_PARTS = {MEDIA_TYPES[kind]: kind for kind in ("docx", "xlsx", "pptx", "odt", "ods")}
KINDS_BY_SIGNATURE = {
    "jpg": "jpg",
    "jpeg": "jpg",
    "jfif": "jpg",
    "png": "png",
    "tif": "tif",
    "tiff": "tif",
    "gif": "gif",
}
KINDS_BY_SIGNATURE |= {"webp": "webp", "heif": "heic", "heic": "heic", "pdf": "pdf"}
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"heif"})
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]+')
MAX_NAME_LENGTH = 120
GIVEN_LENGTH = 1_000
"""Characters of a given name that are used: the last ones, with the ending."""

ABOUT_THE_FILE = frozenset({"file.kind", "file.empty", "file.content", "file.large"})
"""Reasons that another file of the allowed kinds and size would not have."""


@dataclass(frozen=True, slots=True)
class ValidatedFile:
    """The name and media type of an accepted file; or of a refused one the `refusal_key`, the key of the reason."""

    name: str
    media_type: str = ""
    refusal_key: str = ""


def validate_file(file: IO[bytes], given_name: str, limits: FileLimits) -> ValidatedFile:
    """Check whether `file` is of `limits.kinds`. A name with another kind's ending gets the right one."""
    name = safe_name(given_name)
    extension = file_extension(name)
    if extension and extension not in limits.endings:
        return ValidatedFile(name, refusal_key="file.kind")
    head = _read_head(file)
    if not head:
        return ValidatedFile(name, refusal_key="file.empty")
    kind = detect_kind(file)
    if not kind or not _is_any_of(kind, limits.kinds):
        return ValidatedFile(name, refusal_key="file.content")
    if not _is_same_kind(kind, extension):
        name = f"{name[: -len(extension) - 1] if extension else name}.{kind}"
    return ValidatedFile(name, MEDIA_TYPES[kind])


def refusal_text(name: str, reason_key: str, limits: FileLimits, words: Words) -> str:
    """The sentence that a file is refused and why (the key of the reason), the same in Slack, pages and API.

    What may be sent is said only where that is what was wrong.
    """
    if reason_key not in ABOUT_THE_FILE:
        return words("no.file.now", file=name, reason=words(reason_key))
    return words(
        "no.file",
        file=name,
        reason=words(reason_key),
        kinds=", ".join(limits.kinds),
        size=words.size(limits.max_bytes),
    )


def _read_head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_SIZE)


def detect_kind(file: IO[bytes]) -> str:
    """The ending that fits the content; empty for content that is never accepted."""
    head = _read_head(file)
    if head.startswith(b"PK\x03\x04"):
        return OOXML_PARTS.get(declared_media(file), "")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "heic"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n ").startswith(b"%PDF-"):
        return "pdf"
    try:
        extensions = [match.extension.lstrip(".") for match in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        extensions = [""]
    return KINDS_BY_SIGNATURE.get(extensions[0], "") or ("txt" if is_plain_text(file) else "")


def _is_same_kind(kind: str, other: str) -> bool:
    return kind == other or any(kind in group and other in group for group in EQUIVALENT_KINDS)


def _is_any_of(kind: str, kinds: tuple[str, ...]) -> bool:
    return any(_is_same_kind(kind, one) for one in kinds)


def file_extension(name: str) -> str:
    """What follows the last dot, in lower case; empty where that is no ending."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem and len(extension) <= 10 and extension.isalnum() else ""


def safe_name(given: str) -> str:
    """The name without folders, misleading marks, and characters that file systems reject."""
    base_name = clean(given[-GIVEN_LENGTH:]).replace("\\", "/").rpartition("/")[2]
    name = " ".join(_NOT_IN_NAMES.sub("_", base_name).split()).strip(". ")
    if len(name) <= MAX_NAME_LENGTH:
        return name or "fil"
    extension = file_extension(name)
    stem_length = MAX_NAME_LENGTH - len(extension) - 1
    return f"{name[:stem_length].rstrip()}.{extension}" if extension else name[:MAX_NAME_LENGTH]
