"""Files in the stand-in for Slack, and what has become of them in the case."""

from __future__ import annotations

from typing import Any

from bot.domain.submission import FileRef
from bot.store.verification import proof
from sandbox.person import upload
from tests.handlers.slack_harness import SlackHarness

PDF = b"%PDF-1.7\nplan"
PLAN, MAP = upload("situationsplan.pdf", PDF), upload("karta.pdf", PDF + b" karta")
EXECUTABLE = upload("plan.pdf", b"MZ" + bytes(range(0xA0, 0x100)) * 3)


def file_names(files: tuple[FileRef, ...]) -> list[str]:
    return sorted(file.name for file in files)


def read_content(harness: SlackHarness, file: FileRef) -> bytes:
    return b"".join(harness.deps.files.read(file.id))


def count_stored_files(harness: SlackHarness) -> int:
    """How many files the program keeps."""
    return sum(1 for one in harness.deps.files.root.rglob("*") if one.is_file())


def count_downloads(harness: SlackHarness) -> int:
    """How often a file has been asked for."""
    return sum(1 for call in harness.sandbox.state()["calls"] if call["method"] == "files.download")


def names_in_slack(harness: SlackHarness) -> list[str]:
    """The files that are still there."""
    return [one["name"] for one in harness.sandbox.state()["files"] if one["mode"] != "tombstone"]


def allow_deletion(harness: SlackHarness) -> None:
    """The app may delete everyone's files; in Slack it may delete only its own."""
    harness.sandbox.app.deletes_files_of_others = True


async def is_log_intact(harness: SlackHarness) -> bool:
    return bool((await harness.read(proof.verify)).ok)


def contains_all(view: Any, *words: str) -> bool:
    return all(word in str(view) for word in words)
