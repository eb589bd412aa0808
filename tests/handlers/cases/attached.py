"""Files in the stand-in for Slack, and what has become of them in the case."""

from __future__ import annotations

from typing import Any

from bot.domain.intake import FileRef
from bot.store.verification import proof
from sandbox.person import upload
from tests.handlers.office import Office

PDF = b"%PDF-1.7\nplan"
PLAN, MAP = upload("situationsplan.pdf", PDF), upload("karta.pdf", PDF + b" karta")
PROGRAM = upload("plan.pdf", b"MZ" + bytes(range(0xA0, 0x100)) * 3)


def names(files: tuple[FileRef, ...]) -> list[str]:
    return sorted(file.name for file in files)


def content(office: Office, file: FileRef) -> bytes:
    return b"".join(office.kit.files.read(file.id))


def on_disk(office: Office) -> int:
    """How many files the program keeps."""
    return sum(1 for one in office.kit.files.root.rglob("*") if one.is_file())


def fetched(office: Office) -> int:
    """How often a file has been asked for."""
    return sum(1 for call in office.sandbox.state()["calls"] if call["method"] == "files.download")


def in_slack(office: Office) -> list[str]:
    """The files that are still there."""
    return [one["name"] for one in office.sandbox.state()["files"] if one["mode"] != "tombstone"]


def may_delete(office: Office) -> None:
    """The app may delete everyone's files; in Slack it may delete only its own."""
    office.sandbox.app.deletes_files_of_others = True


async def is_whole(office: Office) -> bool:
    return bool((await office.read(proof.verify)).ok)


def shows(view: Any, *words: str) -> bool:
    return all(word in str(view) for word in words)
