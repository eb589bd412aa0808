"""Checks of the nightly backups: whether there are any, how old the newest is, and where they lie."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from bot.backup import find_newest_time, list_generations
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem

OLD_AFTER = timedelta(hours=26)
"""One a day, which may begin later or take longer than the last."""


async def check_backups(deps: DoctorDependencies) -> list[Finding]:
    folder = deps.backup_dir
    if folder is None:
        return [note("doctor.backup.off")]
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not os.access(existing, os.W_OK):
        return [problem("doctor.backup.shut", folder=folder)]
    return [_newest(folder, deps), *_shared_disk(existing, deps.files_dir)]


def _newest(folder: Path, deps: DoctorDependencies) -> Finding:
    at = find_newest_time(folder)
    if at is None:
        return note("doctor.backup.none", folder=folder)
    if deps.now() - at > OLD_AFTER:
        return problem("doctor.backup.old", folder=folder, at=at)
    return ok("doctor.backup", folder=folder, at=at, count=len(list_generations(folder)))


def _shared_disk(backups: Path, files: Path) -> list[Finding]:
    """Backups on the disk of what they are of are lost with it."""
    is_shared = files.exists() and files.stat().st_dev == backups.stat().st_dev
    return [note("doctor.backup.same_disk", folder=backups)] if is_shared else []
