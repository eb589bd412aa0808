"""Processes of the program that are started, killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30.0


@dataclass
class Process:
    """One of them: where it answers, and its process id while it runs."""

    fork_server: ForkServer
    env: dict[str, str]
    url: str
    pid: int = 0

    async def start(self) -> None:
        self.pid = await self.fork_server.fork(self.env)

    async def wait_until_ready(self) -> None:
        """Waits until it answers that it reaches store and Slack."""
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz", timeout=2)).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    def is_running(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    async def stop(self, signal_: signal.Signals) -> None:
        """Kills it, or asks it to stop, and waits until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal_)
        async with asyncio.timeout(READY_SECONDS):
            while self.is_running():  # noqa: ASYNC110  (nobody tells of another's child)
                await asyncio.sleep(0.005)


@dataclass
class ForkServer:
    """What forks them."""

    process: asyncio.subprocess.Process
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fork(self, env: dict[str, str]) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        async with self.lock:
            self.process.stdin.write(json.dumps(env).encode() + b"\n")
            return int(await self.process.stdout.readline())

    def create_process(self, env: dict[str, str]) -> Process:
        """One that is to listen on a free port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        return Process(self, {**env, "PORT": str(port)}, url)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator[ForkServer]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.fork_server"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield cls(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
