"""The command that tells how the program is just now."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot import __version__, jobs, monitoring
from bot.backup import find_newest_time
from bot.catalog import CatalogError
from bot.catalog.files.live import version_of
from bot.clients.certificate import find_certificate_end
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.monitoring import ProcessStatus, StoreFacts
from bot.settings import Settings, load_settings, local_url
from bot.store.engine import job_leases
from bot.store.verification import checkpoint_file
from bot.store_opening import Stores, open_stores, utc_now
from bot.text import Words, words

commands = typer.Typer()

MAX_LISTED = 10
"""Queues and requests that are listed."""


@dataclass(frozen=True)
class Status:
    """How the program is: what its process at `url` says, None where none answers, and what store and disk say.

    `certificate` is when that of PUBLIC_URL ends, or `none` without TLS, `unknown` where nothing answers, `invalid`.
    """

    url: str
    running: ProcessStatus | None
    facts: StoreFacts
    intervals: dict[str, timedelta]
    catalog_version: str
    checkpoint_at: datetime | None
    backup_at: datetime | None
    has_backups: bool
    certificate: datetime | str
    now: datetime

    @property
    def late_jobs(self) -> list[str]:
        return job_leases.find_late(self.facts.jobs, self.intervals, self.now)


@commands.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For another program.")] = False,
) -> None:
    """Tell how the program is just now: what waits, what is parked, its jobs, backups and catalog. Changes nothing."""
    settings = load_settings(Settings)
    stores = open_stores(settings, read_only=True)
    try:
        found = asyncio.run(_gather(settings, stores))
    finally:
        stores.database.close()
    if as_json:
        print(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    else:
        _print(found, words(stores.language))


async def _gather(settings: Settings, stores: Stores) -> Status:
    now, keys = utc_now(), stores.database.keys
    url, checkpoints = local_url(settings), settings.files_dir / "checkpoints"
    try:
        running = await monitoring.fetch_running(url, keys)
    except (TemporaryFailure, PermanentFailure):
        running = None
    return Status(
        url=url,
        running=running,
        facts=stores.database.read_sync(lambda tx: monitoring.read_store(tx, now)),
        intervals=jobs.list_intervals(makes_backups=settings.backup_dir is not None),
        catalog_version=_find_catalog_version(stores),
        checkpoint_at=checkpoint_file.find_newest_time(
            checkpoints / checkpoint_file.FILE_NAME, keys.derive("checkpoint")
        ),
        backup_at=find_newest_time(settings.backup_dir) if settings.backup_dir is not None else None,
        has_backups=settings.backup_dir is not None,
        certificate=await _look_at_certificate(settings.public_url),
        now=now,
    )


def _find_catalog_version(stores: Stores) -> str:
    """The version of the catalog's files; empty where they are wrong."""
    try:
        return version_of(stores.catalog.current)
    except CatalogError:
        return ""


async def _look_at_certificate(url: str) -> datetime | str:
    try:
        return await find_certificate_end(url) or "none"
    except TemporaryFailure:
        return "unknown"
    except PermanentFailure:
        return "invalid"


def _as_json(found: Status) -> dict[str, Any]:
    facts, running, late = found.facts, found.running, set(found.late_jobs)
    return {
        "version": __version__,
        "at": _iso(found.now),
        "running": running.model_dump(mode="json") if running is not None else None,
        "queues": [
            {
                "destination": one.destination,
                "due": one.due,
                "oldest": _iso(one.oldest_due_at),
                "tries": one.tries,
            }
            for one in facts.queues
        ],
        "parked": [
            {"kind": kind, "trouble": trouble, "count": count}
            for (kind, trouble), count in facts.parked.items()
        ],
        "jobs": {
            job: {"finished": _iso(_finished_at(facts, job)), "late": job in late} for job in found.intervals
        },
        "catalog": found.catalog_version,
        "checkpoint": _iso(found.checkpoint_at),
        "backup": _iso(found.backup_at),
        "certificate": found.certificate if isinstance(found.certificate, str) else _iso(found.certificate),
    }


def _finished_at(facts: StoreFacts, job: str) -> datetime | None:
    run = facts.jobs.get(job)
    return run.finished_at if run is not None else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None


def _print(found: Status, say: Words) -> None:
    console = Console()
    _print_running(found, say)
    _print_queues(console, found, say)
    _print_jobs(console, found, say)
    for key, at, missing in (
        ("cli.status.checkpoint", found.checkpoint_at, "cli.status.checkpoint.none"),
        (
            "cli.status.backup",
            found.backup_at,
            "cli.status.backup.none" if found.has_backups else "cli.status.backup.off",
        ),
    ):
        print(say(key, at=say.moment(at)) if at is not None else say(missing))
    ends = found.certificate
    print(
        say(f"cli.status.certificate.{ends}")
        if isinstance(ends, str)
        else say("cli.status.certificate", at=say.moment(ends))
    )


def _print_running(found: Status, say: Words) -> None:
    """The process, its catalog, and its slowest requests."""
    state = found.running
    if state is None:
        print(say("cli.status.stopped", url=found.url, version=__version__))
        print(_catalog_files_line(found, say))
        return
    print(say("cli.status.running", url=found.url, version=state.version, at=say.moment(state.started_at)))
    for part, is_ready in state.ready.items():
        if not is_ready:
            print(say("cli.status.unready", part=part))
    _print_catalog(state, say)
    if not state.slowest:
        return
    print(say("cli.status.slowest"))
    for one in state.slowest[:MAX_LISTED]:
        print(f"  {one.seconds:.3f} s  {one.kind} {one.name}  {one.ref}  {say.moment(one.ended_at)}")


def _catalog_files_line(found: Status, say: Words) -> str:
    if not found.catalog_version:
        return say("cli.status.catalog.faulty")
    return say("cli.status.catalog.files", version=found.catalog_version)


def _print_catalog(state: ProcessStatus, say: Words) -> None:
    taken_up = [one for one in state.catalog if one.version]
    refused = [one for one in state.catalog if not one.version]
    if taken_up:
        newest = taken_up[-1]
        print(say("cli.status.catalog", version=newest.version, at=say.moment(newest.at), n=len(taken_up)))
    if refused:
        is_in_force = state.catalog[-1] is refused[-1]
        key = "cli.status.catalog.refused" if is_in_force else "cli.status.catalog.was_refused"
        print(say(key, at=say.moment(refused[-1].at), problems=refused[-1].problems))


def _print_queues(console: Console, found: Status, say: Words) -> None:
    facts = found.facts
    if facts.queues:
        table = Table(*(say(f"cli.status.queue.{column}") for column in ("to", "due", "oldest", "tries")))
        for one in facts.queues[:MAX_LISTED]:
            table.add_row(one.destination, str(one.due), say.moment(one.oldest_due_at), str(one.tries))
        console.print(table)
        if len(facts.queues) > MAX_LISTED:
            print(say("cli.status.queue.more", n=len(facts.queues) - MAX_LISTED))
    else:
        print(say("cli.status.queue.none"))
    parked = sum(facts.parked.values())
    print(say("cli.status.parked", n=parked) if parked else say("cli.noparked"))


def _print_jobs(console: Console, found: Status, say: Words) -> None:
    table, late = (
        Table(*(say(f"cli.status.job.{column}") for column in ("name", "finished", "state"))),
        found.late_jobs,
    )
    for job in found.intervals:
        run = found.facts.jobs.get(job)
        at = run.finished_at if run is not None else None
        state = "running" if run is not None and run.is_running else "late" if job in late else "ok"
        table.add_row(job, say.moment(at) if at is not None else "", say(f"cli.status.job.{state}"))
    console.print(table)
