"""The program, built from its settings: the only module that knows all the others."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import hmac
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.async_app import AsyncApp

from bot import handlers, jobs, portal
from bot.catalog import CatalogError, Live, load
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.clients.slack_setup import SlackSetup
from bot.delivery import Worker
from bot.delivery.pace import Pace
from bot.doctor import DoctorKit
from bot.handlers.transport import http_endpoint
from bot.handlers.transport.socket_mode import Sockets
from bot.intake import api
from bot.portal.officer.links import page_link
from bot.service import Service
from bot.serving import Server, listening, log_to
from bot.settings import BadSettings, Settings, StoreSettings, told
from bot.store import Database, Keys, Unreachable
from bot.store.engine import migrate
from bot.store.engine.database import BUSY_MS
from bot.store.files.file_store import FileStore
from bot.store.log import seal
from bot.text import searching

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""How long a thread of the store may keep the event loop waiting; Python's own 5 ms is as long as a whole press."""


STOP_SECONDS = 2.0
"""How long answers under way may take when the program stops."""


def now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Time:
    """How time goes: what the clock says, how one waits so many seconds, how many times Slack's pace is kept, and how
    many milliseconds a lock on the database is waited for."""

    clock: Callable[[], datetime] = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    pace: float = 1.0
    busy_ms: int = BUSY_MS


AS_IT_GOES = Time()


@dataclass(frozen=True)
class Stores:
    """What works without Slack, mail or web: the store, its files, and the catalog."""

    database: Database
    files: FileStore
    catalog: Live
    settings: StoreSettings

    def intake(self) -> IntakeKit:
        """What documents are opened with, where nothing is delivered by the same process."""
        return IntakeKit(self.service(), self.files)

    def service(
        self, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = now
    ) -> Service:
        """The service over these stores; `wake` is called when there is something to deliver."""
        return Service(self.database, lambda: self.catalog.current, clock=clock, wake=wake)


@dataclass(frozen=True)
class IntakeKit:
    """What the intakes work with."""

    service: Service
    files: FileStore


class NotCurrent(Exception):
    """The database has other tables than this version's, and was only to be read."""

    def __init__(self) -> None:
        super().__init__(
            "The database has not this version's tables. Nothing was changed. Run: python -m bot migrate"
        )


def open_stores(settings: StoreSettings, *, to_read: bool = False, busy_ms: int = BUSY_MS) -> Stores:
    """Open the catalog, the files and the database, brought up to date. CatalogError, BadSettings.

    `to_read` leaves all as it is, for a proof must not change what it proves. NotCurrent.
    """
    keys = Keys(settings.secret_key.get_secret_value().encode())
    catalog = Live(settings.catalog, on_change=_catalog_taken_up, on_refused=_catalog_refused)
    database = Database(settings.database_url.get_secret_value(), keys, busy_ms=busy_ms)
    try:
        if to_read:
            _refuse_other_version(database)
        else:
            settings.files_dir.mkdir(parents=True, exist_ok=True)
            if not migrate.is_current(database):
                _refuse_other_key(database, to_read=True)  # a migration with it would key every mailbox anew
                migrate.upgrade(database)
    except OSError as error:
        raise BadSettings(told("files_dir", f"cannot be used ({error.strerror})")) from None
    except Unreachable as why:
        raise BadSettings(told("database_url", f"cannot be used ({why})")) from None
    _refuse_other_key(database, to_read=to_read)
    return Stores(database, FileStore(settings.files_dir, settings.low_disk_mb * 1024**2), catalog, settings)


def _refuse_other_version(database: Database) -> None:
    if not database.is_there():
        raise BadSettings(told("database_url", "leads to no database"))
    if not migrate.is_current(database):
        raise NotCurrent


def _refuse_other_key(database: Database, *, to_read: bool) -> None:
    """With another key every event would look forged, codes and links would fail, and new events would be sealed so."""
    if not database.read_now(seal.is_ours):
        raise BadSettings(told("secret_key", "is not the one that the database's log is sealed with"))
    if not to_read:
        database.write_now(seal.put)


def doctor_kit(settings: Settings) -> DoctorKit:
    """What the settings lead to, opened without changing anything: no table, no file. CatalogError."""
    secrets = (settings.slack_app_token, settings.slack_admin_token)
    app_token, admin_token = (one.get_secret_value() if one else "" for one in secrets)
    keys = Keys(settings.secret_key.get_secret_value().encode())
    return DoctorKit(
        catalog=load(settings.catalog),
        database=Database(settings.database_url.get_secret_value(), keys),
        files_dir=settings.files_dir,
        slack=SlackSetup(settings.slack_bot_token.get_secret_value(), settings.slack_api_url),
        mail=MailClient(settings.smtp_url.get_secret_value(), settings.mail_from),
        public_url=settings.public_url,
        app_token=app_token,
        admin_token=admin_token,
    )


def _catalog_taken_up(_catalog: object) -> None:
    log.info("catalog_taken_up")


def _catalog_refused(error: CatalogError) -> None:
    """Loud, on one line for each problem: the old catalog stays in force."""
    for problem in error.problems:
        log.error(
            "catalog_refused_old_one_kept", file=str(problem.file), line=problem.line, problem=problem.text
        )


class Program:
    """The running program: web, Slack, delivery and clock around one service."""

    def __init__(self, settings: Settings, time: Time = AS_IT_GOES) -> None:
        self.settings = settings
        self.time = time
        self.stores = open_stores(settings, busy_ms=time.busy_ms)
        self.slack = SlackClient(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        self.mail = MailClient(settings.smtp_url.get_secret_value(), settings.mail_from)
        self.service = self.stores.service(self._wake, time.clock)
        self.worker = Worker(self.service, self.slack, self.mail, settings.public_url, pace=time.pace)
        self.scheduler = jobs.schedule(
            jobs.JobKit(self.service, self.stores.files, settings.files_dir / "checkpoints", self.slack.files)
        )
        self.pages = portal.PortalKit(
            service=self.service,
            files=self.stores.files,
            keys=self.stores.database.keys,
            public_url=settings.public_url,
        )
        self.tasks = handlers.Tasks()
        self.bolt = self._bolt()
        self.sockets = (
            Sockets(self.bolt, settings.slack_app_token.get_secret_value(), self.catching_up.after_gap)
            if settings.slack_app_token
            else None
        )
        self.web = self._web()

    def _wake(self) -> None:
        self.worker.wake()

    def _bolt(self) -> AsyncApp:
        settings = self.settings
        token, secret = settings.slack_bot_token, settings.slack_signing_secret
        app = handlers.bolt_app(
            token.get_secret_value(), settings.slack_api_url, secret.get_secret_value() if secret else None
        )
        sleep, pace = self.tasks.resting(self.time.sleep), Pace(self.stores.database, self.time.pace)
        kit = handlers.Kit(
            service=self.service,
            slack=self.slack,
            files=self.stores.files,
            page_link=partial(page_link, self.pages),
            sleep=sleep,
            room=partial(pace.room, sleep=sleep),
            tasks=self.tasks,
        )
        self.catching_up = handlers.register(app, kit)
        self.worker.when_found(self.catching_up.after_found)
        return app

    def _web(self) -> FastAPI:
        web = FastAPI(lifespan=self._running, docs_url=None, redoc_url=None, openapi_url=None)
        web.get("/livez")(_alive)
        web.get("/readyz")(self._ready)
        if token := self.settings.metrics_token:
            web.get("/metrics")(partial(_metrics, token.get_secret_value()))
        if self.sockets is None and (secret := self.settings.slack_signing_secret):
            web.post("/slack/events")(http_endpoint.door(self.bolt, secret.get_secret_value()))
        web.include_router(api.router(IntakeKit(self.service, self.stores.files)))
        portal.mount(web, self.pages)
        return web

    @contextlib.asynccontextmanager
    async def _running(self, _web: FastAPI) -> AsyncIterator[None]:
        """Everything that runs beside the web server, started with it and stopped after it."""
        tasks = [asyncio.create_task(self.worker.run()), asyncio.create_task(self.stores.catalog.watch())]
        tasks.append(asyncio.create_task(self.catching_up.run()))
        tasks.append(asyncio.create_task(asyncio.to_thread(searching.prepare)))
        if self.sockets is not None:
            tasks.append(asyncio.create_task(self.sockets.run()))
        self.scheduler.start()
        log.info("started", mode="socket" if self.sockets else "http")
        try:
            yield
        finally:
            await self._stop(tasks)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        self.scheduler.shutdown(wait=False)
        if self.sockets is not None:
            self.sockets.stop_hearing()
        await self.tasks.finish(STOP_SECONDS)  # what the answers under way tell of is stored already
        if self.sockets is not None:
            await self.sockets.close()
        await self.worker.stop()
        await self.worker.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.stores.database.close()
        log.info("stopped")

    async def _ready(self) -> Response:
        """Ready when the store answers with its tables as they should be, and Slack is reached."""
        store = await asyncio.to_thread(_is_ready, self.stores.database)
        slack = self.sockets.connected if self.sockets is not None else await self.slack.reachable()
        told = {"store": store, "slack": slack}
        words = ", ".join(f"{name} {'ready' if ready else 'not ready'}" for name, ready in told.items())
        return Response(words + "\n", status_code=200 if all(told.values()) else 503, media_type="text/plain")


def _is_ready(database: Database) -> bool:
    try:
        return migrate.is_current(database)
    except Unreachable:
        return False


async def _alive() -> Response:
    return Response("alive\n", media_type="text/plain")


async def _metrics(token: str, request: Request) -> Response:
    """For whoever has the token, for the door is the one that everyone comes by."""
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return Response(status_code=401, headers={"www-authenticate": "Bearer"})
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serve(settings: Settings, time: Time = AS_IT_GOES) -> None:
    """Run the program until it is told to stop. PortTaken, CatalogError."""
    log_to(sys.stdout)
    faulthandler.enable(sys.stdout)  # where it was, should a library crash; only names of functions and lines
    sys.setswitchinterval(SWITCH_SECONDS)
    with listening(settings.host, settings.port) as listener:
        server = Server(Program(settings, time).web, settings.trusted_proxies)
        asyncio.run(server.serve(sockets=[listener]))
