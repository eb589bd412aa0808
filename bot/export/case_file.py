"""The case file (akt): a zip with the summary, the case as JSON with its log, its documents, and their checksums."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any, Literal

from pydantic import TypeAdapter, ValidationError

from bot.domain.case_record import CaseRecord, RecordFormat
from bot.domain.documents import CaseDocument, document_number
from bot.domain.submission import FileRef
from bot.export.zip_members import dated_member
from bot.text import Words

RECORD_NAME, SCHEMA_NAME, MANIFEST_NAME = "arende.json", "arende.schema.json", "manifest.json"
SUMMARY_NAME, README_NAME = "sammanstallning.pdf", "LAS MIG.txt"
DOCUMENTS_FOLDER = "handlingar"

MAX_RECORD_BYTES = 256 * 1024 * 1024
"""Of a case file's JSON when it is read: it may come from anywhere."""

LeftOutReason = Literal["infected", "not_scanned", "gone"]
"""Why a file is not in the case file: the virus scanner stopped it or has not answered, or its bytes are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """A file of the case file: its path, size in bytes, SHA-256 in hex, and document number, if it has one."""

    path: str
    size: int
    sha256: str
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A document that is not in the case file."""

    document: str
    name: str
    reason: LeftOutReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a case file holds, but for the manifest itself."""

    format: RecordFormat = "arendebot-akt-1"
    number: str
    files: tuple[ManifestLine, ...]
    left_out: tuple[LeftOut, ...]


class BrokenCaseFile(Exception):
    """The file is none of ours, or is incomplete or changed; `path` is the member in question, if any."""

    def __init__(self, path: str = "") -> None:
        super().__init__(path)
        self.path = path


_RECORD, _MANIFEST = TypeAdapter(CaseRecord), TypeAdapter(Manifest)


def dump_record(record: CaseRecord) -> bytes:
    """The record as JSON."""
    return _RECORD.dump_json(record, by_alias=True, indent=1)


def record_schema() -> dict[str, Any]:
    """The JSON Schema of `dump_record`."""
    return _RECORD.json_schema(mode="serialization", by_alias=True)


@dataclass(slots=True)
class CaseFileWriter:
    """Writes a case file to `target`. `read` gives a stored file by its id, or raises FileNotFoundError.

    Each document is dated when it was received, sent or written, the rest when the case file is made.
    """

    target: IO[bytes]
    record: CaseRecord
    words: Words
    read: Callable[[str], Iterator[bytes]]
    _lines: list[ManifestLine] = field(default_factory=list)
    _left_out: list[LeftOut] = field(default_factory=list)

    def write(self, summary: bytes) -> None:
        """Write all of it, with the summary as PDF."""
        with zipfile.ZipFile(self.target, "w") as archive:
            self._add(archive, README_NAME, [self.words("casefile.readme").encode()])
            self._add(archive, SUMMARY_NAME, [summary])
            self._add(archive, RECORD_NAME, [dump_record(self.record)])
            schema = json.dumps(record_schema(), ensure_ascii=False, indent=1).encode()
            self._add(archive, SCHEMA_NAME, [schema])
            documents = {one.id: one for one in self.record.documents}
            for document_id, text in self._texts():
                if document_id in documents:
                    self._add_text(archive, documents[document_id], text)
            for line in self.record.view.file_lines:
                if line.file.id in documents:
                    self._add_file(archive, documents[line.file.id], line.file)
            manifest = Manifest(number=self._number, files=tuple(self._lines), left_out=tuple(self._left_out))
            member = dated_member(MANIFEST_NAME, self.record.made_at)
            archive.writestr(member, _MANIFEST.dump_json(manifest, indent=1))

    @property
    def _number(self) -> str:
        return self.record.view.case.number

    def _texts(self) -> Iterator[tuple[str, str]]:
        """The texts of messages and notes that are there, by id."""
        view = self.record.view
        texts = [(one.id, one.text) for one in view.messages] + [(one.id, one.text) for one in view.notes]
        yield from ((document_id, text) for document_id, text in texts if text is not None)

    def _add_text(self, archive: zipfile.ZipFile, document: CaseDocument, text: str) -> None:
        number = document_number(self._number, document.position)
        about = (
            f"{number} · {self.words(f'document.{document.direction}')} · {self.words.moment(document.at)}"
        )
        kind = self.words(f"casefile.{document.kind}")
        content = f"{about}\n\n{text}\n".encode()
        self._add(archive, f"{DOCUMENTS_FOLDER}/{number} {kind}.txt", [content], document)

    def _add_file(self, archive: zipfile.ZipFile, document: CaseDocument, file: FileRef) -> None:
        number = document_number(self._number, document.position)
        if not file.is_offered:
            reason: LeftOutReason = "not_scanned" if file.scan == "waiting" else "infected"
            self._left_out.append(LeftOut(document=number, name=file.name, reason=reason))
            return
        chunks = self.read(file.id)
        try:
            first = next(chunks, b"")
        except FileNotFoundError:
            self._left_out.append(LeftOut(document=number, name=file.name, reason="gone"))
            return
        path = f"{DOCUMENTS_FOLDER}/{number} {_safe(file.name)}"
        self._add(archive, path, _chain(first, chunks), document)

    def _add(
        self,
        archive: zipfile.ZipFile,
        path: str,
        chunks: Iterable[bytes],
        document: CaseDocument | None = None,
    ) -> None:
        size, digest = 0, hashlib.sha256()
        at = document.at if document is not None else self.record.made_at
        number = document_number(self._number, document.position) if document is not None else ""
        with archive.open(dated_member(path, at), "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self._lines.append(ManifestLine(path=path, size=size, sha256=digest.hexdigest(), document=number))


def read_case_file(source: IO[bytes]) -> CaseRecord:
    """The record of a case file whose members are all there and unchanged. Raises BrokenCaseFile."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _MANIFEST.validate_json(_read(archive, MANIFEST_NAME))
            names = archive.namelist()
            listed = [one.path for one in manifest.files] + [MANIFEST_NAME]
            if sorted(names) != sorted(listed):
                raise BrokenCaseFile(next(iter({*names} ^ {*listed}), MANIFEST_NAME))
            for line in manifest.files:
                _require_unchanged(archive, line)
            record = _RECORD.validate_json(_read(archive, RECORD_NAME))
            _require_files(record, manifest)
            return record
    except (zipfile.BadZipFile, ValidationError, KeyError, OSError, NotImplementedError):
        raise BrokenCaseFile from None


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MAX_RECORD_BYTES:
        raise BrokenCaseFile(name)
    return archive.read(name)


def _require_unchanged(archive: zipfile.ZipFile, line: ManifestLine) -> None:
    size, digest = 0, hashlib.sha256()
    with archive.open(line.path) as member:
        while chunk := member.read(256 * 1024):
            size += len(chunk)
            digest.update(chunk)
            if size > line.size:
                break
    if (size, digest.hexdigest()) != (line.size, line.sha256):
        raise BrokenCaseFile(line.path)


def _require_files(record: CaseRecord, manifest: Manifest) -> None:
    """Hold the stored files to what the case says of them: the manifest could have been written anew."""
    case_number = record.view.case.number
    positions = {one.id: document_number(case_number, one.position) for one in record.documents}
    stored = {one.document: one.sha256 for one in manifest.files if one.document}
    left_out = {one.document for one in manifest.left_out}
    for line in record.view.file_lines:
        number = positions.get(line.file.id, "")
        if number not in left_out and stored.get(number) != line.file.sha256:
            raise BrokenCaseFile(number)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _safe(name: str) -> str:
    """The name without what leads out of a folder, and short enough for any disk."""
    plain = name.replace("/", "_").replace("\\", "_").lstrip(".") or "fil"
    suffix = PurePosixPath(plain).suffix[:16]
    return plain if len(plain.encode()) <= 180 else f"{plain[:60]}{suffix}"
