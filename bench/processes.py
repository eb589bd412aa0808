"""The programs that are measured, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
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


def environment(folder: Path, api_url: str, smtp_port: int) -> dict[str, str]:
    """The same settings for the program and for the floor."""
    # Compiled once and kept, as where the program is installed.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
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
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(
    arguments: Sequence[str], env: dict[str, str], log: Path, ready: str = "/readyz"
) -> AsyncIterator[Process]:
    """Start `python ARGUMENTS`, wait until it says that it is ready, and end it afterwards."""
    port = int(env.get("PORT") or free_port())
    began = time.perf_counter()
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env={**env, "PORT": str(port)}, stdout=out, stderr=out, cwd=ROOT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        await _ready(f"{url}{ready}", process, log)
        yield Process(url, process.pid, time.perf_counter() - began)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 15)


async def _ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(3000):
            if process.returncode is not None:
                raise SystemExit(f"it stopped at once:\n{_end_of(log)}")
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.01)
    raise SystemExit(f"it was not ready within 30 seconds:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]
