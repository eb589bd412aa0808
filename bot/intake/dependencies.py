"""The dependencies of the intakes."""

from __future__ import annotations

from typing import Protocol

from bot.service import Service
from bot.store.files.file_store import FileStore


class Dependencies(Protocol):
    """The parts of the program that an intake needs; `bot/store_opening.py` implements it."""

    @property
    def service(self) -> Service: ...

    @property
    def files(self) -> FileStore: ...
