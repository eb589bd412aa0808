"""The program stops at once, and what was begun is done."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.handlers import create_bolt_app
from bot.handlers.request.dependencies import BackgroundTasks
from bot.handlers.transport.socket_mode import CONNECTIONS, SocketConnections
from sandbox.person import Person
from sandbox.server import Sandbox
from tests.conftest import PATIENCE
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, make_workspace


async def test_what_only_waits_for_its_time_holds_nobody_up_and_what_is_begun_is_done() -> None:
    tasks, done, may_end = BackgroundTasks(), [], asyncio.Event()
    sleep = tasks.cancellable(asyncio.sleep)

    async def waits() -> None:
        await sleep(3 * PATIENCE)
        done.append("told")

    async def works() -> None:
        await may_end.wait()
        done.append("saved")

    waiting = tasks.start(waits())
    tasks.start(works())
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        stopping = asyncio.create_task(tasks.shut_down(2 * PATIENCE))
        await asyncio.wait([waiting])
        assert (done, stopping.done()) == ([], False)
        may_end.set()
        await stopping
    assert (done, waiting.cancelled()) == (["saved"], True)


async def test_what_does_not_end_is_given_up_in_time() -> None:
    tasks = BackgroundTasks()
    slow_harness = tasks.start(asyncio.sleep(3 * PATIENCE))
    async with asyncio.timeout(PATIENCE):
        await tasks.shut_down(0.1)
        await asyncio.wait([slow_harness])
    assert slow_harness.cancelled()


async def test_a_press_that_was_heard_is_acknowledged_before_the_connections_close() -> None:
    async with Sandbox.running(
        mode="socket", workspace=make_workspace(), smtp_port=None, pace=None
    ) as sandbox:
        app = create_bolt_app(sandbox.app.bot_token, sandbox.api_url, None)
        received, may_end = asyncio.Event(), asyncio.Event()

        @app.command("/arende")
        async def on_command(ack: Any, payload_model: Any) -> None:
            received.set()
            await may_end.wait()
            await ack()

        sockets = SocketConnections(app, sandbox.app.app_token)
        await sockets.run()
        await sandbox.connected(CONNECTIONS)
        typing = asyncio.create_task(Person(sandbox.shared, ANNA).slash(BYGGLOV_CHANNEL, "/arende", "hjälp"))
        await received.wait()
        closing = asyncio.create_task(sockets.close())
        await asyncio.sleep(0)
        assert sockets._is_stopped
        for handler in sockets._handlers:  # it has begun to close, and they are still open
            await handler.client.current_session.ping()
        assert not closing.done()
        may_end.set()
        result = await typing
        await closing
    assert result["ok"], result
