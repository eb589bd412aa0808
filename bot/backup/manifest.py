"""The manifest of a backup: each file with its checksum, under the log's key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.store import Keys
from bot.store.engine.keys import canonical_json
from bot.text.worded_errors import WordedError

MANIFEST = "manifest.json"


class BackupRefused(WordedError):
    """The backup cannot be made or restored; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The time of the backup, the position of the newest event in it, and (bytes, SHA-256 in hex) by path."""

    at: datetime
    newest_event: int
    language: str
    files: Mapping[str, tuple[int, str]]
    in_s3: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """The files of cases, by id, that are in S3-compatible storage and not in the backup."""

    @property
    def size(self) -> int:
        """The backup's size in bytes."""
        return sum(size for size, _ in self.files.values())

    def to_json(self) -> dict[str, Any]:
        """The manifest as stored, but for its codes."""
        files = {path: list(one) for path, one in self.files.items()}
        at = self.at.isoformat()
        stored = {"at": at, "newest_event": self.newest_event, "language": self.language, "files": files}
        # Left out where there are none: so it was before there could be any, and the codes are of all that is here.
        return stored | (
            {"in_s3": {file_id: list(one) for file_id, one in self.in_s3.items()}} if self.in_s3 else {}
        )


def digest_file(path: Path) -> tuple[int, str]:
    """The file's size in bytes and its SHA-256 in hex."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


def _checksum(manifest: Manifest) -> str:
    return hashlib.sha256(canonical_json(manifest.to_json()).encode()).hexdigest()


def seal_manifest(manifest: Manifest, keys: Keys) -> str:
    """The code that only who has the log's key can make."""
    return hmac.new(keys.derive("backup"), _checksum(manifest).encode(), hashlib.sha256).hexdigest()


def write_manifest(path: Path, manifest: Manifest, keys: Keys) -> None:
    """Write the manifest with its codes."""
    codes = {"sha256": _checksum(manifest), "seal": seal_manifest(manifest, keys)}
    path.write_text(json.dumps({**codes, **manifest.to_json()}, ensure_ascii=False, indent=1) + "\n")


def read_manifest(target: Path) -> tuple[Manifest, str]:
    """The manifest and its seal. Raises BackupRefused where there is none, or it has been changed."""
    try:
        stored = json.loads((target / MANIFEST).read_text())
        files = {path: (size, sha256) for path, (size, sha256) in stored["files"].items()}
        at = datetime.fromisoformat(stored["at"])
        in_s3 = {file_id: (size, sha256) for file_id, (size, sha256) in stored.get("in_s3", {}).items()}
        manifest = Manifest(at, stored["newest_event"], stored["language"], files, in_s3)
        is_intact = stored["sha256"] == _checksum(manifest)
        seal = str(stored["seal"])
    except OSError:
        raise BackupRefused("cli.stop.no_backup", target=target, manifest=MANIFEST) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        is_intact = False
    if not is_intact:
        raise BackupRefused("cli.stop.damaged", path=target / MANIFEST)
    return manifest, seal
