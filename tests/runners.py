"""Processes that perform batches, as tests begin them."""

from __future__ import annotations

from pathlib import Path

from bot.service import Service
from bot.service.batches import Batches
from bot.store.files.file_store import FileStore

NO_FOLDER = Path("/nonexistent")


def create_runner(service: Service, files_dir: Path = NO_FOLDER) -> Batches:
    """A process that performs batches; it can export only with a folder for files."""
    return Batches(service, FileStore(files_dir))
