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
from datetime import UTC, datetime
from functools import cached_property, partial
from ipaddress import ip_address

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.async_app import AsyncApp

from bot import __version__, handlers, jobs, portal
from bot.backup import GenerationLimits, Generations, Places
from bot.catalog import Catalog, CatalogError, LiveCatalog, load
from bot.clients.clamd import Clamd
from bot.clients.mail import MailClient
from bot.clients.openid import OpenIdClient
from bot.clients.slack import SlackClient
from bot.clients.slack_setup import SlackSetup
from bot.delivery import Clients, Worker
from bot.delivery.rate_limit import RateLimit
from bot.doctor import DoctorDependencies
from bot.handlers.transport import http_endpoint
from bot.handlers.transport.socket_mode import SocketConnections
from bot.intake import api
from bot.monitoring import Monitor, MonitoredPlaces, running
from bot.portal.officer.authentication.login import create_login_link
from bot.readiness import Readiness
from bot.service import Service
from bot.service.batches import Batches
from bot.serving import Server, configure_logging, limit_retained_memory, open_listener
from bot.setting_faults import InvalidSettings, SettingFault
from bot.settings import Settings, StoreSettings, language_of
from bot.store import Database, DatabaseUnreachable
from bot.store.cases import system_queries
from bot.store.engine import migrate
from bot.store.engine.database import BUSY_TIMEOUT_MS
from bot.store.engine.sole_use import hold_alone
from bot.store.files.file_store import FileStore
from bot.store.files.s3_files import S3FileStore
from bot.store.files.s3_storage import S3Storage
from bot.store.lists.queries import stored_statuses
from bot.store.log import seal
from bot.text import search_terms, words, working_days
from bot.text.worded_errors import WordedError
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

UNTRACED_PATHS = ("/slack/events", "/static", "/livez", "/readyz", "/metrics", running.PATH)
"""Beginnings of paths whose requests are not traced: Slack's are where they are heard, the others change nothing."""

SHUTDOWN_SECONDS = 1.0
"""How long requests in progress may take when the program stops."""


def now() -> datetime:
    """The current time, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timing:
    """What the program knows of time; tests and the demo replace it.

    `sleep` waits a number of seconds, `rate_factor` multiplies Slack's rate limits, and `busy_ms` is how many
    milliseconds a lock on the database is waited for.
    """

    clock: Callable[[], datetime] = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rate_factor: float = 1.0
    busy_ms: int = BUSY_TIMEOUT_MS


REAL_TIME = Timing()


@dataclass(frozen=True)
class Stores:
    """The parts that work without Slack, mail or web: the database, the files, and the catalog."""

    database: Database
    files: FileStore
    settings: StoreSettings

    @cached_property
    def catalog(self) -> LiveCatalog:
        """The catalog in force. Raises CatalogError where it is first asked for and its files are wrong."""
        return LiveCatalog(
            self.settings.catalog, on_change=self._take_up_catalog, on_error=_log_catalog_rejected
        )

    def compare_catalog(self) -> None:
        """Log what cases have and the catalog in force has not, and let it know the names of statuses it lacks."""
        catalog = self.catalog.current
        _log_lost_services(self.database, catalog)
        names = self.database.read_sync(lambda tx: stored_statuses.find_removed_names(tx, catalog))
        self.catalog.name_removed_statuses(names)

    def _take_up_catalog(self, _: Catalog) -> None:
        log.info("catalog_taken_up")
        self.compare_catalog()

    @property
    def language(self) -> str:
        """The municipality's language, also where the catalog's files are wrong."""
        return language_of(self.settings.catalog)

    def intake_dependencies(self) -> IntakeDependencies:
        """The dependencies of an import in a process that delivers nothing."""
        return IntakeDependencies(self.create_service(), self.files)

    def create_service(
        self, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = now
    ) -> Service:
        """The service over these stores; `wake` is called when there is something to deliver."""
        return Service(self.database, lambda: self.catalog.current, clock=clock, wake=wake)

    @property
    def places(self) -> Places:
        """What a backup is made of."""
        given = self.settings
        return Places(self.database, given.files_dir, given.catalog, has_s3=given.s3_place is not None)

    def nightly_backup(self) -> jobs.NightlyBackup | None:
        """How the program backs itself up; None where it does not."""
        given = self.settings
        if given.backup_dir is None:
            return None
        limits = GenerationLimits(given.backup_daily, given.backup_weekly, given.backup_monthly)
        language = self.catalog.current.municipality.language
        return jobs.NightlyBackup(
            Generations(self.places, given.backup_dir, limits, language), given.backup_time
        )


@dataclass(frozen=True)
class IntakeDependencies:
    """The dependencies of `bot.intake`."""

    service: Service
    files: FileStore


class DatabaseOutdated(WordedError):
    """The database was opened for reading only, and its tables are not this version's."""

    def __init__(self) -> None:
        super().__init__("cli.stop.outdated")


class DatabaseEmpty(WordedError):
    """The database was opened for reading only, and has no tables yet."""

    def __init__(self) -> None:
        super().__init__("cli.stop.empty")


def open_stores(
    settings: StoreSettings,
    *,
    read_only: bool = False,
    serves: bool = False,
    busy_ms: int = BUSY_TIMEOUT_MS,
) -> Stores:
    """Open the catalog, the files and the database, and migrate the database.

    `read_only` migrates and creates nothing, since `log verify` must not change what it verifies, and reads the catalog
    only where it is asked for: what looks at the program works while somebody mends the catalog. What `serves` holds
    an SQLite file alone already; whatever else migrates one holds it alone meanwhile. Raises CatalogError,
    InvalidSettings, DatabaseNewer, with `read_only` DatabaseOutdated and DatabaseEmpty, and DatabaseInUse where
    another process serves an SQLite file that is to be migrated.
    """
    database = Database(settings.database_url.get_secret_value(), settings.keys, busy_ms=busy_ms)
    stores = Stores(database, _create_file_store(settings), settings)
    try:
        if not read_only:
            _ = stores.catalog  # before anything is written: with a wrong one nothing is begun
        if database.exists():  # before anything is written: the files' folder, the key, the tables
            migrate.refuse_newer(database)
        if read_only:
            _require_current_version(database)
        else:
            settings.files_dir.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(PermissionError):  # another user owns the folder and sets its mode
                settings.files_dir.chmod(0o700)
            database.restrict_access()
            if not migrate.is_current(database):
                # Before migrating: a migration with another key would write all mailbox keys with it.
                _require_same_key(database, read_only=True)
                url = settings.database_url.get_secret_value()
                with contextlib.nullcontext() if serves else hold_alone(url):
                    migrate.upgrade(database)
    except OSError as error:
        raise InvalidSettings(_unusable("files_dir", error.strerror)) from None
    except DatabaseUnreachable as error:
        raise InvalidSettings(_unusable("database_url", error)) from None
    _require_same_key(database, read_only=read_only)
    if not read_only:
        stores.compare_catalog()
    return stores


def _unusable(name: str, why: object) -> SettingFault:
    return SettingFault("setting.unusable", name, {"why": why})


def _create_file_store(settings: StoreSettings) -> FileStore:
    reserved_bytes, are_scanned = settings.low_disk_mb * 1024**2, settings.clamd_address is not None
    if settings.s3_place is None:
        return FileStore(settings.files_dir, reserved_bytes, are_scanned=are_scanned)
    return S3FileStore(
        settings.files_dir,
        S3Storage(settings.s3_place),
        reserved_bytes,
        are_scanned=are_scanned,
        is_written=settings.files_in == "s3",
    )


def _openid(settings: Settings) -> OpenIdClient | None:
    registration = settings.openid_registration
    return OpenIdClient(registration) if registration is not None else None


def _clamd(settings: StoreSettings) -> Clamd | None:
    return Clamd(settings.clamd_address) if settings.clamd_address else None


def _require_current_version(database: Database) -> None:
    if not database.exists():
        raise InvalidSettings(SettingFault("setting.no_store", "database_url"))
    if not migrate.is_current(database):
        raise DatabaseEmpty if migrate.find_revision(database) is None else DatabaseOutdated


def _require_same_key(database: Database, *, read_only: bool) -> None:
    """Raise InvalidSettings where the secret key is not the one that the log is sealed with; save it where none is yet.

    With another key every event would look forged, codes and links would fail, and new events would be sealed wrongly.
    """
    if not database.read_sync(seal.matches_key):
        raise InvalidSettings(SettingFault("setting.other_key"))
    if not read_only:
        database.write_sync(seal.save_if_missing)


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


def local_url(settings: Settings) -> str:
    """The program's address on its own machine, also where it listens on all interfaces."""
    host = settings.host
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _log_lost_services(database: Database, catalog: Catalog) -> None:
    """Log e-services that have open cases and are not in the catalog: no list shows their cases to anyone."""
    lost = database.read_sync(lambda tx: system_queries.count_open_of_others(tx, catalog.services))
    for service, cases in lost.items():
        log.error("catalog_lacks_service_with_open_cases", service=service, cases=cases)


def _log_catalog_rejected(error: CatalogError) -> None:
    """Log each problem on a line of its own; the previous catalog stays in force."""
    for problem in error.problems:
        log.error(
            "catalog_refused_old_one_kept",
            file=problem.file,
            line=problem.line,
            problem=problem.fault.in_words(words("en")),
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
        self.worker = Worker(
            self.service,
            Clients(self.slack, self.mail, self.stores.files, _clamd(settings)),
            settings.public_url,
            rate_scale=time.rate_factor,
        )
        self.batches = Batches(self.service, self.stores.files)
        self.scheduler = jobs.create_scheduler(
            jobs.JobDependencies(
                self.service,
                self.stores.files,
                settings.files_dir / "checkpoints",
                self.slack.files,
                self.stores.nightly_backup(),
                self.slack,
                self.stores.catalog,
            )
        )
        self.portal_dependencies = portal.PortalDependencies(
            service=self.service,
            files=self.stores.files,
            keys=self.stores.database.keys,
            public_url=settings.public_url,
            batches=self.batches,
            openid=_openid(settings),
            openid_claim=settings.oidc_claim,
        )
        self.tasks = handlers.BackgroundTasks()
        self.bolt = self._bolt()
        self.socket_connections = (
            SocketConnections(self.bolt, settings.slack_app_token.get_secret_value(), self.backfill.on_gap)
            if settings.slack_app_token
            else None
        )
        self.readiness = Readiness(self._check_readiness, time.clock)
        self.monitor = self._monitor()
        self.web = self._web()

    def _wake(self) -> None:
        self.worker.wake()

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
        web.get(running.PATH)(self._status)
        if token := self.settings.metrics_token:
            web.get("/metrics")(partial(_metrics, token.get_secret_value(), self.monitor))
        if self.socket_connections is None and (secret := self.settings.slack_signing_secret):
            limits = limited_by(http_endpoint.SlackLimits())
            web.post("/slack/events", dependencies=limits)(
                http_endpoint.create_endpoint(self.bolt, secret.get_secret_value())
            )
        web.include_router(api.router(IntakeDependencies(self.service, self.stores.files)))
        web.router.routes.append(OtherMethods(web.routes))
        portal.mount(web, self.portal_dependencies)
        return web

    @contextlib.asynccontextmanager
    async def _lifespan(self, _web: FastAPI) -> AsyncIterator[None]:
        """Start what runs alongside the web server, and stop it afterwards."""
        tasks = [asyncio.create_task(self.worker.run()), asyncio.create_task(self.stores.catalog.watch())]
        tasks.append(asyncio.create_task(self.backfill.run()))
        tasks.append(asyncio.create_task(self.batches.run()))
        tasks.append(asyncio.create_task(self._preload()))
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

        That the catalog's files are wrong is said too; it is served as it was.
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
        return Response(
            text + "\n", status_code=200 if all(checks.values()) else 503, media_type="text/plain"
        )

    async def _status(self, request: Request) -> Response:
        """What this process knows of itself, for the program's own commands only."""
        authorization = request.headers.get("authorization", "")
        if not running.is_status_token(self.stores.database.keys, authorization):
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
