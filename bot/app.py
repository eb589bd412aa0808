"""The program, built from its settings: the only module that knows all the others."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import hmac
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.async_app import AsyncApp

from bot import __version__, handlers, jobs, portal
from bot.backup import GenerationLimits, Generations
from bot.catalog import load
from bot.clients.clamd import Clamd
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.mail import MailClient
from bot.clients.openid import OpenIdClient
from bot.clients.slack import SlackClient
from bot.clients.slack_setup import SlackSetup
from bot.delivery import Clients, Worker
from bot.delivery.slack_rate_limits import RateLimit
from bot.doctor import DoctorDependencies
from bot.handlers.transport import http_endpoint
from bot.handlers.transport.socket_mode import SocketConnections
from bot.intake import api
from bot.monitoring import Monitor, MonitoredPlaces, process_status
from bot.portal.officer.authentication.login import create_login_link
from bot.program_log import configure_logging
from bot.readiness import Readiness
from bot.service.batches import Batches
from bot.serving import Server, limit_retained_memory, open_listener
from bot.settings import Settings, StoreSettings, local_url
from bot.store import Database, DatabaseUnreachable
from bot.store.engine import migrate
from bot.store.engine.database import BUSY_TIMEOUT_MS
from bot.store.engine.sole_use import hold_alone
from bot.store.files.s3_files import S3FileStore
from bot.store.files.s3_storage import S3Storage
from bot.store_opening import IntakeDependencies, Stores, open_stores, utc_now
from bot.text import search_terms, working_days
from bot.web.allowed_methods import OtherMethods
from bot.web.head_requests import HeadAsGet
from bot.web.post_limits import limited_by
from bot.web.request_trace import TracedPages
from bot.web.staggering import StaggeredStart

log = structlog.get_logger()

THREAD_SWITCH_SECONDS = 0.0005
"""How long a thread of the store may keep the event loop waiting; Python's default of 5 ms is as long as a whole
request of Slack's."""


REACH_SECONDS = 5.0
"""How long Slack is waited for when it is asked whether the program is ready."""

UNTRACED_PATHS = ("/slack/events", "/static", "/livez", "/readyz", "/metrics", process_status.PATH)
"""Beginnings of paths whose requests are not traced: Slack's are where they are heard, the others change nothing."""

SHUTDOWN_SECONDS = 1.0
"""How long requests in progress may take when the program stops."""


@dataclass(frozen=True)
class Timing:
    """What the program knows of time; tests and the demo replace it.

    `sleep` waits a number of seconds, `rate_factor` multiplies Slack's rate limits, and `busy_ms` is how many
    milliseconds a lock on the database is waited for.
    """

    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rate_factor: float = 1.0
    busy_ms: int = BUSY_TIMEOUT_MS


REAL_TIME = Timing()


def _openid(settings: Settings) -> OpenIdClient | None:
    registration = settings.openid_registration
    return OpenIdClient(registration) if registration is not None else None


def _clamd(settings: StoreSettings) -> Clamd | None:
    return Clamd(settings.clamd_address) if settings.clamd_address else None


def _nightly_backup(stores: Stores) -> jobs.NightlyBackup | None:
    """How the program backs itself up; None where it does not."""
    given = stores.settings
    if given.backup_dir is None:
        return None
    limits = GenerationLimits(given.backup_daily, given.backup_weekly, given.backup_monthly)
    language = stores.catalog.current.municipality.language
    return jobs.NightlyBackup(
        Generations(stores.places, given.backup_dir, limits, language), given.backup_time
    )


def create_doctor_dependencies(settings: Settings) -> DoctorDependencies:
    """The dependencies of the doctor, opened without creating a table or a file. Raises CatalogError."""
    secrets = (settings.slack_app_token, settings.slack_admin_token)
    app_token, admin_token = (secret.get_secret_value() if secret else "" for secret in secrets)
    return DoctorDependencies(
        catalog=load(settings.catalog),
        database=Database(settings.database_url.get_secret_value(), settings.keys),
        files_dir=settings.files_dir,
        slack=SlackSetup(settings.slack_bot_token.get_secret_value(), settings.slack_api_url),
        mail=MailClient(settings.smtp_url.get_secret_value(), settings.mail_from),
        public_url=settings.public_url,
        reserved_bytes=settings.low_disk_mb * 1024**2,
        clamd=_clamd(settings),
        openid=_openid(settings),
        local_url=local_url(settings),
        app_token=app_token,
        admin_token=admin_token,
        backup_dir=settings.backup_dir,
        intervals=jobs.list_intervals(makes_backups=settings.backup_dir is not None),
        storage=S3Storage(settings.s3_place) if settings.s3_place is not None else None,
    )


class Program:
    """The running program: web, Slack, delivery and clock around one service.

    `on_preloaded` is called when what is first needed has been loaded in the background.
    """

    def __init__(
        self, settings: Settings, time: Timing = REAL_TIME, on_preloaded: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self.time = time
        self._on_preloaded = on_preloaded
        self.stores = open_stores(settings, serves=True, busy_ms=time.busy_ms)
        self.slack = SlackClient(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        self.mail = MailClient(settings.smtp_url.get_secret_value(), settings.mail_from)
        self.service = self.stores.create_service(self._wake, time.clock)
        clients = Clients(self.slack, self.mail, self.stores.files, _clamd(settings))
        self.worker = Worker(self.service, clients, settings.public_url, rate_scale=time.rate_factor)
        self.batches = Batches(self.service, self.stores.files)
        self.scheduler = jobs.create_scheduler(self._job_dependencies())
        self.portal_dependencies = self._portal_dependencies()
        self.tasks = handlers.BackgroundTasks()
        self.bolt = self._bolt()
        self.socket_connections = self._socket_connections()
        self.readiness = Readiness(self._check_readiness, time.clock)
        self.monitor = self._monitor()
        self.web = self._web()

    def _wake(self) -> None:
        self.worker.wake()

    def _job_dependencies(self) -> jobs.JobDependencies:
        return jobs.JobDependencies(
            self.service,
            self.stores.files,
            self.settings.files_dir / "checkpoints",
            self.slack.files,
            _nightly_backup(self.stores),
            self.slack,
            self.stores.catalog,
        )

    def _portal_dependencies(self) -> portal.PortalDependencies:
        return portal.PortalDependencies(
            service=self.service,
            files=self.stores.files,
            keys=self.stores.database.keys,
            public_url=self.settings.public_url,
            batches=self.batches,
            openid=_openid(self.settings),
            openid_claim=self.settings.oidc_claim,
        )

    def _socket_connections(self) -> SocketConnections | None:
        """The connections to Slack; None where Slack sends its requests to the program instead."""
        token = self.settings.slack_app_token
        return SocketConnections(self.bolt, token.get_secret_value(), self.backfill.on_gap) if token else None

    def _bolt(self) -> AsyncApp:
        settings = self.settings
        token, secret = settings.slack_bot_token, settings.slack_signing_secret
        app = handlers.create_bolt_app(
            token.get_secret_value(), settings.slack_api_url, secret.get_secret_value() if secret else None
        )
        sleep, rate_limit = (
            self.tasks.cancellable(self.time.sleep),
            RateLimit(self.stores.database, self.time.rate_factor),
        )
        deps = handlers.Dependencies(
            service=self.service,
            batches=self.batches,
            slack=self.slack,
            files=self.stores.files,
            page_link=partial(create_login_link, self.portal_dependencies),
            public_url=settings.public_url,
            sleep=sleep,
            rate_limit=partial(rate_limit.slot, sleep=sleep),
            tasks=self.tasks,
        )
        self.backfill = handlers.register(app, deps)
        self.worker.on_card_found(self.backfill.on_card_found)
        return app

    def _monitor(self) -> Monitor:
        settings = self.settings
        places = MonitoredPlaces(
            files=settings.files_dir,
            checkpoints=settings.files_dir / "checkpoints",
            backups=settings.backup_dir,
            public_url=settings.public_url,
            disk_limit=settings.low_disk_mb * 1024**2,
        )
        return Monitor(
            database=self.stores.database,
            catalog=self.stores.catalog,
            places=places,
            intervals=jobs.list_intervals(makes_backups=settings.backup_dir is not None),
            look=self.readiness.look,
            clock=self.time.clock,
            version=__version__,
        )

    def _web(self) -> FastAPI:
        web = FastAPI(
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            redirect_slashes=False,  # the redirect would go to whatever host the request names
        )
        web.add_middleware(StaggeredStart, separate=["/slack/events"])
        web.add_middleware(TracedPages, untraced=UNTRACED_PATHS)
        web.add_middleware(HeadAsGet)
        web.get("/livez")(_livez)
        web.get("/readyz")(self._readyz)
        web.get(process_status.PATH)(self._status)
        if token := self.settings.metrics_token:
            web.get("/metrics")(partial(_metrics, token.get_secret_value(), self.monitor))
        if self.socket_connections is None and (secret := self.settings.slack_signing_secret):
            limits = limited_by(http_endpoint.SlackLimits())
            web.post("/slack/events", dependencies=limits)(
                http_endpoint.create_endpoint(self.bolt, secret.get_secret_value())
            )
        web.include_router(api.router(IntakeDependencies(self.service, self.stores.files)))
        web.router.routes.extend([OtherMethods(web.routes), api.UnknownPath()])
        portal.mount(web, self.portal_dependencies)
        return web

    @contextlib.asynccontextmanager
    async def _lifespan(self, _web: FastAPI) -> AsyncIterator[None]:
        """Start what runs alongside the web server, and stop it afterwards."""
        tasks = [asyncio.create_task(self.worker.run()), asyncio.create_task(self.stores.catalog.watch())]
        tasks.append(asyncio.create_task(self.backfill.run()))
        tasks.append(asyncio.create_task(self.batches.run()))
        tasks.append(asyncio.create_task(self._preload()))
        tasks.append(asyncio.create_task(self._greet_openid()))
        if self.socket_connections is not None:
            tasks.append(asyncio.create_task(self.socket_connections.run()))
        self.scheduler.start()
        log.info("started", mode="socket" if self.socket_connections else "http")
        try:
            yield
        finally:
            await self._stop(tasks)

    async def _preload(self) -> None:
        today = working_days.local_day(self.time.clock())
        await asyncio.gather(
            asyncio.to_thread(search_terms.preload),
            asyncio.to_thread(portal.preload),
            asyncio.to_thread(working_days.preload, today),
        )
        self._on_preloaded()

    async def _greet_openid(self) -> None:
        """Fetch the sign-in provider's metadata, so that one that is down or wrong is known before an officer waits."""
        openid = self.portal_dependencies.openid
        if openid is None:
            return
        try:
            await openid.load_metadata()
        except TemporaryFailure as error:
            log.warning("openid_provider_down", trouble=error.trouble)
        except PermanentFailure as error:
            log.error("openid_provider_refused", trouble=error.trouble)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        self.scheduler.shutdown(wait=False)
        self.batches.stop()
        if self.socket_connections is not None:
            self.socket_connections.stop_accepting()
        await self.tasks.shut_down(SHUTDOWN_SECONDS)  # what these tasks tell people of is stored already
        if self.socket_connections is not None:
            await self.socket_connections.close()
        await self.worker.stop()
        await self.worker.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.stores.database.close()
        log.info("stopped")

    async def _readyz(self) -> Response:
        """200 when the database has this version's tables and room to write, and Slack is reached, else 503.

        What leaves the rest working is said and changes no status: a wrong catalog, which is served as it was, and a
        storage of files or a sign-in provider that does not answer.
        """
        checks = await self.readiness.look()
        text = ", ".join(f"{name} {'ready' if ready else 'not ready'}" for name, ready in checks.items())
        if self.stores.database.was_full:
            text += "; the disk is full, and nothing is saved"
        if (error := self.stores.catalog.error) is not None:
            text += (
                f"; the catalog's files have {len(error.problems)} problems, and the one before is in force"
            )
        if isinstance(self.stores.files, S3FileStore) and not self.stores.files.storage.is_reachable:
            text += "; the storage of files did not answer lately, and files are refused"
        openid = self.portal_dependencies.openid
        if openid is not None and not openid.is_reachable:
            text += "; the sign-in provider did not answer when it was last asked, and officers come in from Slack"
        return Response(
            text + "\n", status_code=200 if all(checks.values()) else 503, media_type="text/plain"
        )

    async def _status(self, request: Request) -> Response:
        """What this process knows of itself, for the program's own commands only."""
        authorization = request.headers.get("authorization", "")
        if not process_status.is_status_token(self.stores.database.keys, authorization):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        state = await self.monitor.running_state()
        return Response(state.model_dump_json(), media_type="application/json")

    async def _check_readiness(self) -> dict[str, bool]:
        store = await asyncio.to_thread(_is_ready, self.stores.database)
        slack = (
            self.socket_connections.is_connected
            if self.socket_connections is not None
            else await self._reaches_slack()
        )
        return {"store": store, "slack": slack}

    async def _reaches_slack(self) -> bool:
        """Whether Slack answers soon: who asks whether the program is ready waits no longer than monitoring does."""
        try:
            async with asyncio.timeout(REACH_SECONDS):
                return await self.slack.is_reachable()
        except TimeoutError:
            return False


def _is_ready(database: Database) -> bool:
    try:
        return migrate.is_sufficient(database) and not database.was_full
    except DatabaseUnreachable:
        return False


async def _livez() -> Response:
    return Response("alive\n", media_type="text/plain")


async def _metrics(token: str, monitor: Monitor, request: Request) -> Response:
    """The metrics, for requests with the token only: the port is the public one."""
    authorization = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(authorization, f"Bearer {token}".encode()):
        return Response(status_code=401, headers={"www-authenticate": "Bearer"})
    await monitor.refresh_gauges()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serve(settings: Settings, time: Timing = REAL_TIME) -> None:
    """Run the program until it is told to stop. Raises PortUnavailable, CatalogError and DatabaseInUse."""
    database_url = settings.database_url.get_secret_value()
    with hold_alone(database_url), open_listener(settings.host, settings.port) as listener:
        configure_logging(sys.stdout)
        # Should a library crash the process, the stack is printed: names of functions and line numbers only.
        faulthandler.enable(sys.stdout)
        sys.setswitchinterval(THREAD_SWITCH_SECONDS)
        limit_retained_memory()
        # What lives as long as the program is not to be looked through with each collection, while the loop waits.
        server = Server(Program(settings, time, on_preloaded=gc.freeze).web, settings.trusted_proxies)
        gc.collect()
        gc.freeze()
        asyncio.run(server.serve(sockets=[listener]))
