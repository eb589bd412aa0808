"""One run of the demo, from the first check to the last line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

import uvicorn

from sandbox import saving
from sandbox.app import HOST, create
from sandbox.demo import messages
from sandbox.demo.bot import TAKEN_UP, Bot, check_catalog
from sandbox.demo.folder import Progress, claimed, empty, keep_catalog, secret_key
from sandbox.demo.plan import Plan, Stopped, bot_environment, planned
from sandbox.demo.samples import Sample, samples, today, workspace
from sandbox.demo.submitters import NotSent, import_documents, send
from sandbox.demo.work import Office, work
from sandbox.payload_schema import Json
from sandbox.server import Quiet
from sandbox.shared_state import Config, SharedState

AT_ONCE = 3
LATE_SECONDS = 6.0
WORK_SECONDS = 4.0
STREAM_SECONDS = 0.1
"""What open pages get to end their streams, which would otherwise be cut with a complaint."""
DOCUMENTS = "open_eplatform"


def say(text: str) -> None:
    print(text, flush=True)


class Demo:
    """The sandbox, the bot and the data folder of one run."""

    def __init__(self, plan: Plan, shared: SharedState, bot: Bot, env: dict[str, str]) -> None:
        self.plan = plan
        self.shared = shared
        self.bot = bot
        self.env = env
        self.progress = Progress(plan.progress)
        cases = samples(today()) if plan.is_sample else []
        waiting = [one for one in cases if one.key not in self.progress.sent]
        self.early = [one for one in waiting if not one.late]
        self.late = [one for one in waiting if one.late]

    @property
    def office(self) -> Office:
        return Office(self.shared, self.plan.web)

    async def run(self) -> None:
        """Until it is cancelled; everything that happens by itself has then happened or not."""
        await self.ready()
        if not self.plan.is_sample:
            say(messages.welcome_own(self.plan))
            await self._tell_of_changes()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._documents())
            for n in range(AT_ONCE):
                group.create_task(self._send_each(self.early[n::AT_ONCE]))
            group.create_task(self._welcome())

    async def ready(self) -> None:
        """Waits until the bot answers. Raises Stopped."""
        await self.bot.ready(self.plan, lambda: bool(self.shared.sockets.connections))

    async def _welcome(self) -> None:
        """The addresses as soon as there is something to see; then the last cases, and officers at work."""
        async with asyncio.timeout(20), contextlib.AsyncExitStack() as stack:
            stack.enter_context(contextlib.suppress(TimeoutError))
            while not self._something_to_see():
                await self.shared.feed.after(self.shared.feed.version, 0.5)
        say(messages.welcome(self.plan, bool(self.late)))
        await asyncio.gather(
            work(
                Office(self.shared, self.plan.web),
                self.progress,
                WORK_SECONDS,
                lambda name, why: say(messages.not_done(name, why)),
            ),
            self._send_each(self.late, LATE_SECONDS),
        )

    async def _tell_of_changes(self) -> None:
        """Say each time the catalog has changed, and what is wrong with its files. Goes on until it is cancelled."""
        async for event in self.bot.catalog_events():
            try:
                await check_catalog(self.plan, self.env)
                if event == TAKEN_UP:
                    say(messages.CATALOG_CHANGED)
            except Stopped as wrong:
                say(messages.catalog_wrong(str(wrong)))

    def _something_to_see(self) -> bool:
        return any(channel.messages for channel in self.shared.workspace.channels.values())

    async def _send_each(self, cases: list[Sample], pause: float = 0.0) -> None:
        for sample in cases:
            await asyncio.sleep(pause)
            try:
                await send(sample, self.plan, self.progress, self.shared)
            except NotSent as why:
                say(messages.not_sent(str(why)))

    async def _documents(self) -> None:
        if DOCUMENTS in self.progress.sent:
            return
        try:
            await import_documents(self.plan, self.env)
            self.progress.finish(DOCUMENTS, "imported")
        except NotSent as why:
            say(messages.not_sent(str(why)))


async def run(plan: Plan) -> int:
    """The exit code. Raises Stopped."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with claimed(plan):
        keep_catalog(plan)
        say(messages.STARTING if plan.is_sample else messages.starting_own(plan))
        async with opened(plan) as demo:
            await _until_stopped(demo, stop)
            say(messages.STOPPING)
    say(messages.STOPPED)
    return 0


@contextlib.asynccontextmanager
async def opened(plan: Plan) -> AsyncIterator[Demo]:
    """The town hall with its bot started, and nobody at work yet; the folder is ours. Raises Stopped."""
    before = _from_before(plan)
    env = bot_environment(plan, secret_key(plan))
    if not plan.is_sample:
        await check_catalog(plan, env)
    async with _sandbox(plan, before) as shared, Bot.running(plan, env) as bot:
        yield Demo(plan, shared, bot, env)


def _from_before(plan: Plan) -> Json | None:
    """What the sandbox held when it was stopped. Without it the bot's own memory would fit nothing, so all goes."""
    try:
        return saving.load(plan.workspace)
    except FileNotFoundError:
        empty(plan)
    except saving.Unreadable:
        say(messages.OTHER_VERSION)
        empty(plan)
    return None


@contextlib.asynccontextmanager
async def _sandbox(plan: Plan, before: Json | None) -> AsyncIterator[SharedState]:
    """The sandbox with its state, which is written down as it changes and once more when all else has stopped."""
    town = workspace(plan.catalog)
    app = create(Config(workspace=town, mode="socket", smtp_port=plan.smtp_port, app_is_given=True))
    shared: SharedState = app.state.shared
    shared.base_url = plan.slack
    if before:
        saving.bring_back(shared, before)
    saving.write(shared, plan.workspace)
    with socket.create_server((HOST, plan.slack_port)) as listener:
        server = Quiet(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, lifespan="on"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        keeping = asyncio.create_task(saving.keep(shared, plan.workspace))
        try:
            while not server.started:
                if serving.done():
                    raise Stopped("Sandlådan kunde inte starta.", 1)
                await asyncio.sleep(0.01)
            yield shared
        finally:
            keeping.cancel()
            shared.feed.close()
            await asyncio.sleep(STREAM_SECONDS)
            server.should_exit = True
            await asyncio.wait([serving, keeping])
            saving.write(shared, plan.workspace)


async def _until_stopped(demo: Demo, stop: asyncio.Event) -> None:
    """Until somebody stops it. Raises Stopped when the bot stops by itself."""
    running = asyncio.create_task(demo.run())
    stopping = asyncio.create_task(stop.wait())
    ending = asyncio.create_task(demo.bot.ended())
    tasks: list[asyncio.Task[object]] = [running, stopping, ending]
    try:
        await asyncio.wait([stopping, ending, running], return_when=asyncio.FIRST_COMPLETED)
        if running.done() and not stop.is_set() and running.exception() is None:
            await asyncio.wait([stopping, ending], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            return
        raise ending.result() if ending.done() else running.exception() or Stopped("Demon stannade.", 1)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Run it, and end with its code; what a person can mend is said in one line."""
    try:
        code = asyncio.run(run(planned(dict(os.environ))))
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        code = stopped.code
    except KeyboardInterrupt:
        code = 0
    sys.exit(code)
