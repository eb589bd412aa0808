"""The program stops at once, and what was begun is done."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.handlers import bolt_app
from bot.handlers.request.dependencies import Tasks
from bot.handlers.transport.socket_mode import CONNECTIONS, Sockets
from sandbox.person import Person
from sandbox.server import Sandbox
from tests.handlers.office import ANNA, BYGGLOV, workspace


async def test_what_only_waits_for_its_time_holds_nobody_up_and_what_is_begun_is_done() -> None:
    tasks, done = Tasks(), []
    sleep = tasks.resting(asyncio.sleep)

    async def waits() -> None:
        await sleep(60)
        done.append("told")

    async def works() -> None:
        await asyncio.sleep(0.1)
        done.append("saved")

    waiting = tasks.start(waits())
    tasks.start(works())
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await tasks.finish(5)
    assert (done, waiting.cancelled()) == (["saved"], True)


async def test_what_does_not_end_is_given_up_in_time() -> None:
    tasks = Tasks()
    slow = tasks.start(asyncio.sleep(60))
    async with asyncio.timeout(1):
        await tasks.finish(0.1)
        await asyncio.wait([slow])
    assert slow.cancelled()


async def test_a_press_that_was_heard_is_acknowledged_before_the_connections_close() -> None:
    async with Sandbox.running(mode="socket", workspace=workspace(), smtp_port=None, pace=None) as sandbox:
        app = bolt_app(sandbox.app.bot_token, sandbox.api_url, None)
        heard, may_end = asyncio.Event(), asyncio.Event()

        @app.command("/arende")
        async def on_command(ack: Any) -> None:
            heard.set()
            await may_end.wait()
            await ack()

        sockets = Sockets(app, sandbox.app.app_token)
        await sockets.run()
        await sandbox.connected(CONNECTIONS)
        typing = asyncio.create_task(Person(sandbox.stage, ANNA).slash(BYGGLOV, "/arende", "hjälp"))
        await heard.wait()
        closing = asyncio.create_task(sockets.close())
        await asyncio.wait({closing}, timeout=0.2)
        may_end.set()
        told = await typing
        await closing
    assert told["ok"], told
