"""Runs the real program, and measures inside it how long its event loop stands still: `python -m bench.hostile.probe`.

Other work on the machine makes the loop late too, and is not the program's fault. So a stall is what the program itself
computed while the loop was late: in the loop's own thread, or in another that held Python's interpreter meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
import threading
import time
import traceback
from asyncio import events
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any

PORT = "PROBE_PORT"
"""The setting that holds the port on which the measurement is asked for."""

INTERVAL = 0.005
"""Seconds between two turns of the loop that are looked at."""

NOTED = 0.02
"""Seconds of a stall from which it is noted where the program was."""

MOST_PLACES = 12
MOST_PARTS = 6
FRAMES = 6
"""The innermost frames of a place."""


@dataclass
class Measurement:
    """The longest of each since the last was asked for, in seconds.

    `stall`: what the program computed while its loop was late, by the clock `late`. `iteration`: what the loop's own
    thread computed meanwhile, which is all that can be said where other work keeps the machine busy. `callback`: what
    one callback of it computed. `collection`: one collection of garbage, in whichever thread. `callbacks`: how many ran
    in the longest iteration, and `parts` what they were. `places` says where the program was during the longest stall.
    """

    stall: float = 0.0
    iteration: float = 0.0
    late: float = 0.0
    callback: float = 0.0
    callback_name: str = ""
    collection: float = 0.0
    callbacks: int = 0
    parts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


class Probe:
    """Measures the loop of the thread that it is installed in."""

    def __init__(self) -> None:
        self.measurement = Measurement()
        self._thread = threading.main_thread().ident or 0
        self._due = 0.0
        self._computed_at = self._iterated_at = 0.0
        self._places: list[str] = []
        self._ran: dict[str, tuple[int, float]] = {}
        self._collecting_since = 0.0

    def install(self) -> None:
        """Measure every callback of asyncio's loop from now on, and answer on the port of the setting."""
        run = events.Handle._run
        probe = self

        def measured(handle: events.Handle) -> None:
            if not probe._due and threading.get_ident() == probe._thread:
                probe._begin(asyncio.get_running_loop())
            began = time.thread_time()
            run(handle)
            probe._note_callback(handle, time.thread_time() - began)

        events.Handle._run = measured  # type: ignore[method-assign,assignment]
        gc.callbacks.append(self._note_collection)
        listener = socket.create_server(("127.0.0.1", int(os.environ[PORT])))
        for work in (lambda: self._answer(listener), self._watch):
            threading.Thread(target=work, daemon=True).start()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due, self._computed_at = time.perf_counter(), time.process_time()
        self._iterated_at = time.thread_time()
        loop.call_soon(self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        now, computed, iterated = time.perf_counter(), time.process_time(), time.thread_time()
        late = max(now - self._due, 0.0)
        measurement = self.measurement
        measurement.late = max(measurement.late, late)
        if iterated - self._iterated_at > measurement.iteration:
            measurement.iteration = iterated - self._iterated_at
            measurement.callbacks = sum(count for count, _ in self._ran.values())
            measurement.parts = _longest(self._ran)
        self._ran = {}
        stall = min(late, computed - self._computed_at)
        if stall > measurement.stall:
            measurement.stall, measurement.places = stall, self._places
        self._places = []
        self._due, self._computed_at, self._iterated_at = now + INTERVAL, computed, iterated
        loop.call_later(INTERVAL, self._beat, loop)

    def _note_callback(self, handle: events.Handle, seconds: float) -> None:
        if threading.get_ident() != self._thread:
            return
        name = _name_of(handle)
        count, in_all = self._ran.get(name, (0, 0.0))
        self._ran[name] = count + 1, in_all + seconds
        if seconds > self.measurement.callback:
            self.measurement.callback, self.measurement.callback_name = seconds, name

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_since = time.thread_time()
        else:
            taken = time.thread_time() - self._collecting_since
            self.measurement.collection = max(self.measurement.collection, taken)

    def _watch(self) -> None:
        """Note where all threads are while the loop is late."""
        while True:
            time.sleep(NOTED / 2)
            places = self._places
            if self._due and time.perf_counter() - self._due > NOTED and len(places) < MOST_PLACES:
                places += _places(self._thread)

    def _answer(self, listener: socket.socket) -> None:
        """To each who connects: the measurement, as JSON; the next begins then."""
        while True:
            connection, _ = listener.accept()
            with connection:
                done, self.measurement = self.measurement, Measurement()
                connection.sendall(json.dumps(asdict(done)).encode())


def _longest(ran: Mapping[str, tuple[int, float]]) -> list[str]:
    """What took longest of an iteration, by name."""
    longest = sorted(ran.items(), key=lambda item: -item[1][1])[:MOST_PARTS]
    return [f"{seconds * 1000:.1f} ms, {count}×: {name}" for name, (count, seconds) in longest]


def _name_of(handle: events.Handle) -> str:
    """The coroutine of the task that it continues, or the callback."""
    callback: Any = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        coroutine: Any = owner.get_coro()
        return str(getattr(coroutine, "__qualname__", coroutine))
    return str(getattr(callback, "__qualname__", type(callback).__name__))


def _places(loop_thread: int) -> list[str]:
    """The loop's thread first, then others that are in the program's own code."""
    found = []
    own = threading.get_ident()
    for thread, frame in sorted(sys._current_frames().items(), key=lambda item: item[0] != loop_thread):
        place = _place(frame)
        if thread != own and ("/bot/" in place or thread == loop_thread):
            found.append(("loop: " if thread == loop_thread else "thread: ") + place)
    return found


def _place(frame: FrameType) -> str:
    stack = traceback.extract_stack(frame)[-FRAMES:]
    return " < ".join(
        f"{'/'.join(one.filename.split('/')[-3:])}:{one.lineno} {one.name}" for one in reversed(stack)
    )


if __name__ == "__main__":
    from bot.cli import main

    Probe().install()
    sys.argv = ["bot", "serve"]
    main()
