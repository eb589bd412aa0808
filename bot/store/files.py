"""The file store: a folder a case, a random name a file, the rest in the row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert, select

from bot.domain.intake import FileRef
from bot.store.database import Tx
from bot.store.tables import FileRow

CHUNK = 256 * 1024


class FileStore:
    """Bytes on disk under `root`. Names that people gave never become paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, file_id: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Store the chunks and make them last. Returns the size in bytes and the SHA-256 in hex."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        size, hashed = 0, hashlib.sha256()
        with path.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
                size += len(chunk)
                hashed.update(chunk)
            out.flush()
            os.fsync(out.fileno())
        return size, hashed.hexdigest()

    def receive(self, file_id: str) -> Incoming:
        """A file that arrives in pieces, as an upload does."""
        path = self.path(file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Incoming(path)

    def read(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. FileNotFoundError where it is gone."""
        with self.path(file_id).open("rb") as source:
            while chunk := source.read(CHUNK):
                yield chunk

    def remove(self, file_id: str) -> None:
        """Remove the file; nothing happens where it is gone already."""
        self.path(file_id).unlink(missing_ok=True)

    def path(self, file_id: str) -> Path:
        """Where the file is. ValueError for an id that this program did not make."""
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return self.root / file_id[:2] / file_id


class Incoming:
    """A file on its way in. It is kept by `finish` or gone by `drop`; one of them is called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hashed = hashlib.sha256()
        self._out = path.open("wb")

    def add(self, chunk: bytes) -> None:
        """The next piece."""
        self._out.write(chunk)
        self._hashed.update(chunk)
        self.size += len(chunk)

    def finish(self) -> str:
        """Make what has come last. Returns its SHA-256 in hex."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        return self._hashed.hexdigest()

    def drop(self) -> None:
        """Forget what has come."""
        self._out.close()
        self.path.unlink(missing_ok=True)


def expect(tx: Tx, file: FileRef, at: datetime) -> None:
    """Note a file that is stored but belongs to no case yet; what stays so is swept."""
    tx.conn.execute(
        insert(FileRow).values(
            id=file.id,
            field=file.field,
            name=file.name,
            size=file.size,
            kind=file.kind,
            sha256=file.sha256,
            at=at,
        )
    )


def loose(tx: Tx, ids: Iterable[str]) -> dict[str, FileRef]:
    """Of these files, those that belong to no case yet."""
    rows = tx.conn.execute(
        select(FileRow.__table__).where(FileRow.id.in_(list(ids)), FileRow.case_id.is_(None))
    )
    return {
        r.id: FileRef(id=r.id, name=r.name, size=r.size, kind=r.kind, sha256=r.sha256, field=r.field)
        for r in rows
    }


def forget(tx: Tx, ids: Iterable[str]) -> list[str]:
    """Forget those of the files that belong to no case. Returns their ids, for the bytes to be removed."""
    gone = list(loose(tx, ids))
    tx.conn.execute(delete(FileRow).where(FileRow.id.in_(gone), FileRow.case_id.is_(None)))
    return gone


def sweep(tx: Tx, before: datetime) -> list[str]:
    """Forget files that belonged to nothing by `before`. Returns their ids, for the bytes to be removed."""
    ids = list(
        tx.conn.execute(select(FileRow.id).where(FileRow.case_id.is_(None), FileRow.at < before)).scalars()
    )
    tx.conn.execute(delete(FileRow).where(FileRow.id.in_(ids), FileRow.case_id.is_(None)))
    return ids
