"""Backups: database, files, checkpoints and catalog in a folder, with a manifest. The keys are never in one."""

from bot.backup.copying import BackupStopped, Damage, HowToCopy, Places, verify_backup, write_backup
from bot.backup.generations import GenerationLimits, Generations, find_newest_time, list_generations
from bot.backup.manifest import BackupRefused, Manifest
from bot.backup.restoring import KnownSince, Restored, restore_backup
from bot.store.engine.copies import CopyRefused

__all__ = [
    "BackupRefused",
    "BackupStopped",
    "CopyRefused",
    "Damage",
    "GenerationLimits",
    "Generations",
    "HowToCopy",
    "KnownSince",
    "Manifest",
    "Places",
    "Restored",
    "find_newest_time",
    "list_generations",
    "restore_backup",
    "verify_backup",
    "write_backup",
]
