"""The bot as a process of its own: started, watched, stopped, and quoted when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import aiohttp

from sandbox.demo.plan import ROOT, Plan, Stopped

READY_SECONDS = 180.0
"""The first start compiles what it imports, which takes a minute on a busy machine."""
STOP_SECONDS = 8.0
LOOK_SECONDS = 0.5
"""Between two looks for what the log has said of the catalog."""
QUOTED_LINES = 8
SERVE = (sys.executable, "-m", "bot", "serve")
CHECK = (sys.executable, "-m", "bot", "catalog", "check")
TAKEN_UP, REFUSED = "catalog_taken_up", "catalog_refused_old_one_kept"
PR_SET_PDEATHSIG = 1


class Bot:
    """One run of the bot. It has a process group of its own, so that Ctrl-C reaches it through us, once."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, plan: Plan, env: dict[str, str], command: Sequence[str] | None = None
    ) -> AsyncIterator[Bot]:
        with plan.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(command or SERVE),
                cwd=ROOT,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent(),
            )
        bot = cls(process, plan.log)
        try:
            yield bot
        finally:
            await bot.stop()

    async def ready(self, plan: Plan, connected: Callable[[], bool]) -> None:
        """Waits until it answers and its sockets stand. Stopped when it has ended, or takes too long."""
        try:
            async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as http:
                while not (await _answers(http, f"{plan.web}/readyz") and connected()):
                    if self.process.returncode is not None:
                        raise self.failure()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Stopped(
                f"Boten blev inte klar på {READY_SECONDS:.0f} sekunder. {self._quote()}", 1
            ) from None

    async def ended(self) -> Stopped:
        """Waits until it ends by itself, which it should not."""
        await self.process.wait()
        return self.failure()

    async def catalog_events(self) -> AsyncIterator[str]:
        """TAKEN_UP and REFUSED as the log tells of them, one for all lines that came at once."""
        with self.log.open("rb") as log:
            while True:
                events = [one for line in log if (one := _event(line)) in (TAKEN_UP, REFUSED)]
                if events:
                    yield events[-1]
                await asyncio.sleep(LOOK_SECONDS)

    def failure(self) -> Stopped:
        return Stopped(f"Boten stannade (kod {self.process.returncode}). {self._quote()}", 1)

    def _quote(self) -> str:
        lines = [_plain(line) for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
        if not lines:
            return "Den skrev ingenting."
        return (
            "Det sista den skrev:\n"
            + "\n".join(f"    {line}" for line in lines[-QUOTED_LINES:])
            + f"\nHela loggen: {self.log}"
        )

    async def stop(self) -> None:
        """Asks it to stop, and ends it if it does not within a few seconds."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


async def check_catalog(plan: Plan, env: dict[str, str]) -> None:
    """Raises Stopped with all that is wrong with the catalog, if anything is."""
    process = await asyncio.create_subprocess_exec(
        *CHECK,
        str(plan.catalog),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=_end_with_parent(),
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise Stopped(output.decode("utf-8", "replace").strip())


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the bot is asked to stop even when we are killed and cannot ask."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def _answers(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(address, timeout=aiohttp.ClientTimeout(3)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _event(line: bytes) -> str:
    """The name of what a line of the log tells; empty for another line."""
    try:
        return str(json.loads(line)["event"])
    except (ValueError, TypeError, KeyError):
        return ""


def _plain(line: str) -> str:
    """A line of the log without its wrapping: the event, and what is said about it."""
    try:
        data = json.loads(line)
    except ValueError:
        return line
    if not isinstance(data, dict) or "event" not in data:
        return line
    about = [
        f"{key}={value}"
        for key, value in data.items()
        if key not in ("event", "timestamp", "level", "exception")
    ]
    return " ".join([str(data["event"]), *about, *str(data.get("exception", "")).splitlines()[-1:]])
