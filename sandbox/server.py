"""A sandbox inside a test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import uvicorn

from sandbox.app import HOST, create
from sandbox.faults import EVERY_KIND, Injection
from sandbox.mail import Mail
from sandbox.payload_schema import Json
from sandbox.person import Person
from sandbox.shared_state import Config, SharedState
from sandbox.snapshot import everything
from sandbox.town.entities import App


class Quiet(uvicorn.Server):
    """A server that installs no signal handlers and stops at once: a test run starts hundreds."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._exit = asyncio.Event()
        super().__init__(config)

    @property
    def should_exit(self) -> bool:
        return self._exit.is_set()

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        if value:
            self._exit.set()
        else:
            self._exit.clear()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # asyncio does this only for sockets that name their protocol; without it each answer waits some 40 ms.
        for listener in sockets or ():
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await super().startup(sockets)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # it also renews the date in the answers' headers
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exit.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.lifespan.shutdown()


class Sandbox:
    """A running sandbox: its addresses, its state, and its people."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared

    @property
    def url(self) -> str:
        return self.shared.base_url

    @property
    def api_url(self) -> str:
        """`base_url` for a slack_sdk client."""
        return f"{self.shared.base_url}/api/"

    @property
    def smtp_port(self) -> int:
        port = self.shared.mailbox.port
        assert port is not None, "this sandbox runs without a mail server"
        return port

    @property
    def app(self) -> App:
        """The app's ids, tokens and signing secret."""
        return self.shared.workspace.app

    @property
    def request_url(self) -> str | None:
        return self.shared.request_url

    @request_url.setter
    def request_url(self, url: str) -> None:
        self.shared.request_url = url

    def state(self) -> Json:
        return everything(self.shared)

    def mails(self) -> list[Mail]:
        return list(self.shared.mailbox.mails)

    def person(self, user: str) -> Person:
        return Person(self.shared, user)

    def advance(self, seconds: float) -> None:
        self.shared.clock.advance(seconds)

    def inject(self, what: str, *kinds: str, **more: Any) -> Injection:
        """Activate a fault; see `faults.Injection`. Its `struck` counts occurrences. Raises NoSuchFault."""
        return self.shared.faults.add(what, kinds, **more)

    def inject_share(
        self, share: float, kinds: Sequence[str] = EVERY_KIND, what: str = "*", **more: Any
    ) -> Injection:
        """Activate faults at a share of all calls and envelopes, chosen by `seed`."""
        return self.shared.faults.add(what, kinds, **{"share": share, "times": None, "seconds": 0.05} | more)

    def faults_off(self, *injections: Injection) -> None:
        """Switches these faults off, or all of them."""
        self.shared.faults.off([one.number for one in injections] if injections else None)

    async def settle(self) -> None:
        """Waits until every event so far has been offered to the app once."""
        await self.shared.events.settle()

    async def connected(self, count: int = 1) -> None:
        """Waits until so many Socket Mode connections stand, a minute at most."""
        async with asyncio.timeout(60):
            while len(self.shared.sockets.connections) < count:
                await self.shared.feed.after(self.shared.feed.version, 0.05)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, **settings: Any) -> AsyncIterator[Sandbox]:
        """Starts on free ports; the settings are those of `Config`."""
        app = create(Config(**settings))
        shared: SharedState = app.state.shared
        listener = socket.create_server((HOST, 0))
        shared.base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        server = Quiet(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                if task.done():
                    await task
                await asyncio.sleep(0.005)
            yield cls(shared)
        finally:
            await shared.sockets.close()
            server.should_exit = True
            await task
            listener.close()
