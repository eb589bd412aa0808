"""The program as processes of their own, started by the lines on stdin: `python -m tests.chaos.served`.

Each line is the environment of one more, which is a fork of this one: so it starts at once, for it has imported all
that it needs. Its process id is answered. In it time goes as many times faster as SPEED says, from ORIGIN (epoch) on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime

from bot.app import Timing, serve
from bot.settings import Settings, load_settings


def main() -> None:
    """Fork for each line, until there are no more; then end those that still run."""
    running: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: _forget_the_dead(running))
    for line in sys.stdin:
        # One that dies at once is to be known before it is forgotten.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        if (pid := os.fork()) == 0:
            _run(json.loads(line))
        running.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        print(pid, flush=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _forget_the_dead(running: set[int]) -> None:
    """The number of one that is dead may soon be somebody else's, who is not to be killed for it."""
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            running.discard(pid)


def _run(env: dict[str, str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.environ.update(env)
    log = os.open(env["LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for mine, given in ((0, nothing), (1, log), (2, log)):
        os.dup2(given, mine)
    try:
        serve(load_settings(Settings, _env_file=None), _time(float(env["ORIGIN"]), float(env["SPEED"])))
    except Exception:  # noqa: BLE001  (it must not go on as its parent does)
        traceback.print_exc()
    os._exit(0)


def _time(origin: float, speed: float) -> Timing:
    def clock() -> datetime:
        return datetime.fromtimestamp(origin + (time.time() - origin) * speed, UTC)

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / speed)

    return Timing(clock, sleep, rate_factor=speed)


if __name__ == "__main__":
    main()
