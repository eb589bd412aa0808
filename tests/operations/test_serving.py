"""What the program writes down."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.program_log import Repeats

SCRIPT = """
import logging, sys
from bot.program_log import configure_logging
configure_logging(sys.stdout)
try:
    raise ValueError("Eva Ek")
except ValueError:
    logging.getLogger("slack_bolt").exception("Failed: %s", "wss://slack.example/?ticket=hemlig")
"""

LARGE_REQUESTS = """
import os, threading, queue
from bot.serving import limit_retained_memory, release_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def handle(requests, done):
    while requests.get():
        bytes(30_000_000)
        small = [bytes(100_000) for _ in range(500)]
        del small
        done.put(True)

limit_retained_memory()
before, done, threads = resident(), queue.Queue(), []
for _ in range(3):
    threads.append(queue.Queue())
    threading.Thread(target=handle, args=(threads[-1], done), daemon=True).start()
for requests in threads:
    requests.put(True)
for _ in threads:
    done.get()
release_memory()
print(resident() - before)
"""
"""Three threads that have each handled a large request wait for the next; prints the MB that they have kept."""


def test_threads_that_wait_keep_nothing_of_the_large_requests_they_have_handled() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LARGE_REQUESTS], capture_output=True, text=True, check=True
    )
    assert float(result.stdout) < 20


def test_what_slacks_library_says_is_not_written_down_but_where_it_said_it() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    line = json.loads(result.stdout)
    assert (line["event"], line["level"], line["logger"]) == ("library", "error", "slack_bolt")
    assert line["where"] == ["<string>:8 <module>"]
    assert "hemlig" not in result.stderr and "Eva" not in result.stderr


def test_what_a_stranger_can_have_written_at_will_is_written_once_a_minute_with_how_often_it_was() -> None:
    now = 0.0
    written: list[MutableMapping[str, Any]] = []
    repeats = Repeats(lambda: now)
    for n in range(500):
        now = n / 5
        for line in ({"event": "api_refused", "reason": "api.token"}, {"event": "bug", "ref": str(n)}):
            with contextlib.suppress(structlog.DropEvent):
                written.append(repeats(None, "info", line))
    assert [line for line in written if line["event"] == "api_refused"] == [
        {"event": "api_refused", "reason": "api.token"},
        {"event": "api_refused", "reason": "api.token", "left_out": 299},
    ]
    assert sum(line["event"] == "bug" for line in written) == 500
