"""The dependencies of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from pathlib import Path

from bot.backup import Generations
from bot.catalog import LiveCatalog
from bot.clients.slack import SlackClient
from bot.clients.slack_files import SlackFiles
from bot.service import Service
from bot.store.files.file_store import FileStore


@dataclass(frozen=True)
class NightlyBackup:
    """Where the generations of backups are, and when one is written (Swedish time)."""

    generations: Generations
    at: time


@dataclass(frozen=True)
class JobDependencies:
    """The service, the files, the folder for the log's checkpoints, and the calls for Slack's files.

    `backup` is None where the program makes no backups, `slack` where nothing is asked of Slack but its files,
    and `live_catalog` where the catalog comes from no files.
    """

    service: Service
    files: FileStore
    checkpoints: Path
    slack_files: SlackFiles
    backup: NightlyBackup | None = None
    slack: SlackClient | None = None
    live_catalog: LiveCatalog | None = None
