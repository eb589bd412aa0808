"""The dependencies of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.clients.slack_files import SlackFiles
from bot.service import Service
from bot.store.files.file_store import FileStore


@dataclass(frozen=True)
class JobDependencies:
    """The service, the files, the folder for the log's checkpoints, and the calls for Slack's files."""

    service: Service
    files: FileStore
    checkpoints: Path
    slack_files: SlackFiles
