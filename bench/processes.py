"""The programs that are measured, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

SECRET = "sandbox-signing-secret"
KEY = b"a secret for the bench, at least thirty-two"
"""What the bench's databases are sealed with."""
ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "bot" / "catalog" / "sample"


LAST_WORDS = 10_000
"""Characters of the end of a log that are told."""

MOURNED = 1.0
"""Seconds within which a process that no longer answers is known to have ended."""


STOPPED = 60
"""Seconds that a program may take to stop; a busy machine takes many."""

EXPECTED_EXIT_CODES = (0, -signal.SIGTERM)
"""How a program ends that is told to."""


class Ended(Exception):
    """A program that is measured has ended, which nobody told it to."""

    def __init__(self, arguments: Sequence[str], code: int, log: Path) -> None:
        stored = Path(tempfile.gettempdir()) / f"bench-ended-{os.getpid()}-{log.name}"
        shutil.copyfile(log, stored)
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        super().__init__(
            f"{' '.join(arguments)} ended {how}; its log is {stored}, which ends:\n{_end_of(log)}"
        )


@dataclass(frozen=True)
class Process:
    """A running program: where it answers, and how long it took until it was ready."""

    url: str
    pid: int
    seconds_to_ready: float

    @property
    def memory(self) -> float:
        """Resident memory now, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "PORT")
"""Modules are compiled once and kept, as where the program is installed; and each program has a port of its own, which
is not that of `make demo`.
"""


def environment(folder: Path, api_url: str, smtp_port: int) -> dict[str, str]:
    """The same settings for the program and for the floor."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {
        **inherited,
        "SLACK_BOT_TOKEN": "xoxb-sandbox-bot-token",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_APP_TOKEN": "",
        "SLACK_API_URL": api_url,
        "DATABASE_URL": f"sqlite:///{folder / 'case.db'}",
        "FILES_DIR": str(folder / "files"),
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "CATALOG": str(CATALOG),
        "SECRET_KEY": KEY.decode(),
        "FLOOR_FILE": str(folder / "floor.db"),
        "HOST": "127.0.0.1",
        "PYTHONFAULTHANDLER": "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    arguments: Sequence[str], env: dict[str, str], log: Path, ready: str = "/readyz"
) -> AsyncIterator[Process]:
    """Start `python ARGUMENTS`, wait until it says that it is ready, and end it afterwards.

    Ended where it has ended by itself meanwhile, whatever else went wrong of it.
    """
    port = int(env.get("PORT") or free_port())
    began = time.perf_counter()
    with log.open("wb") as out:
        # Not asyncio's own, which may say 255 of a process that has just ended.
        process = subprocess.Popen(  # noqa: ASYNC220  (it is started within a millisecond)
            [sys.executable, *arguments], env={**env, "PORT": str(port)}, stdout=out, stderr=out, cwd=ROOT
        )
    ended = asyncio.create_task(asyncio.to_thread(process.wait))
    url, by_itself = f"http://127.0.0.1:{port}", False
    try:
        await _ready(f"{url}{ready}", ended)
        yield Process(url, process.pid, time.perf_counter() - began)
    except Exception as why:
        await asyncio.wait([ended], timeout=MOURNED)
        if not ended.done():
            raise
        raise Ended(arguments, ended.result(), log) from why
    finally:
        by_itself = ended.done()
        if not by_itself:
            process.send_signal(signal.SIGTERM)
            await _stopped(process, ended)
    if by_itself or ended.result() not in EXPECTED_EXIT_CODES:
        raise Ended(arguments, ended.result(), log)


async def _stopped(process: subprocess.Popen[bytes], ended: asyncio.Task[int]) -> None:
    """Wait for its end; TimeoutError for one that had to be killed."""
    await asyncio.wait([ended], timeout=STOPPED)
    if not ended.done():
        process.kill()
        await ended
        raise TimeoutError(f"it did not stop within {STOPPED} seconds")


async def _ready(url: str, ended: asyncio.Task[int]) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(3000):
            if ended.done():
                raise ConnectionError("it stopped at once")
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.01)
    raise SystemExit(f"{url} was not ready within 30 seconds")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-LAST_WORDS:]
