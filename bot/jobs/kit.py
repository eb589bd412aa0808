"""What jobs work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.service import Service
from bot.store.files import FileStore


@dataclass(frozen=True)
class JobKit:
    """The service, the files, and the folder outside the database where the log's checkpoints go."""

    service: Service
    files: FileStore
    checkpoints: Path
