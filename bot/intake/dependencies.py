"""What the intakes work with."""

from __future__ import annotations

from typing import Protocol

from bot.service import Service
from bot.store.files.file_store import FileStore


class Dependencies(Protocol):
    """The program's parts that an intake needs; whatever builds the program has them."""

    @property
    def service(self) -> Service: ...

    @property
    def files(self) -> FileStore: ...
