"""The content of a file in a document, base64-decoded while the document is read."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

MAX_IN_MEMORY = 128 * 1024
"""Bytes of a file that are held in memory before it is moved to a temporary file."""

_CHUNK = 256 * 1024
_SLICE = 4 * _CHUNK
_WHITE = str.maketrans("", "", " \t\r\n")


class Payload:
    """Decoded content. Bytes beyond `limit` are counted only, and invalid base64 is discarded as a whole.

    `unreadable` for invalid base64, for data after its end, and for a missing end.
    """

    def __init__(self, limit: int) -> None:
        self.size = 0
        self.unreadable = False
        self._limit = limit
        self._rest = ""
        self._ended = False
        self._hash = hashlib.sha256()
        self._file = SpooledTemporaryFile(max_size=MAX_IN_MEMORY)  # noqa: SIM115 -- it lives as long as the document

    @property
    def too_large(self) -> bool:
        return self.size > self._limit

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def feed(self, text: str) -> None:
        """Decode the next piece."""
        for start in range(0, len(text), _SLICE):
            if not self.unreadable:
                self._decode(self._rest + text[start : start + _SLICE].translate(_WHITE))

    def end(self) -> None:
        """Finish after the last piece."""
        if self._rest:
            self._give_up()

    @property
    def content(self) -> IO[bytes]:
        """The decoded content as a file, positioned at its beginning."""
        return self._file

    def chunks(self) -> Iterator[bytes]:
        """The decoded content in chunks."""
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        """Free the memory and the temporary file."""
        self._file.close()

    def _decode(self, text: str) -> None:
        whole = len(text) // 4 * 4
        quads, self._rest = text[:whole], text[whole:]
        try:
            decoded = binascii.a2b_base64(quads, strict_mode=True) if quads else b""
        except ValueError:  # binascii.Error, or non-ASCII text
            return self._give_up()
        ended_before, self._ended = self._ended, quads.endswith("=")
        if (text and ended_before) or (self._ended and self._rest):
            return self._give_up()
        return self._write(decoded)

    def _give_up(self) -> None:
        self.unreadable = True
        self._rest = ""
        self._file.truncate(0)

    def _write(self, decoded: bytes) -> None:
        self.size += len(decoded)
        self._hash.update(decoded)
        if self.too_large:
            self._file.truncate(0)
            return
        self._file.write(decoded)
