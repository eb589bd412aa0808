"""The nightly backup: one a night whatever the number of processes, of which some are kept, and told when it fails."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import backup
from bot.backup import BackupRefused, BackupStopped, GenerationLimits, Generations, Places
from bot.backup.copying import UNFINISHED
from bot.backup.generations import _hold_alone, find_expired
from bot.jobs import JobDependencies, NightlyBackup, create_scheduler, run_job
from bot.jobs.runner import Job
from bot.service import Service
from bot.store import Database, Tx
from bot.store.engine import job_leases
from bot.store.files.file_store import FileStore
from tests.conftest import PATIENCE, SAMPLE, Clock
from tests.municipality import small_catalog

DRAWING = "a" * 32


@pytest.fixture
def generations(sqlite_database: Database, tmp_path: Path) -> Generations:
    FileStore(tmp_path / "files").write(DRAWING, [b"en ritning"])
    return Generations(
        Places(sqlite_database, tmp_path / "files", SAMPLE), tmp_path / "backups", GenerationLimits(3, 2, 2)
    )


def is_running() -> bool:
    return False


def names(generations: Generations) -> list[str]:
    return [one.name for one in generations.list_whole()]


def inode_of_drawing(generation: Path) -> int:
    return (generation / "files" / "aa" / DRAWING).stat().st_ino


def test_days_weeks_and_months_are_kept_as_many_as_asked_for() -> None:
    days = [Path((date(2026, 9, 1) + timedelta(days=n)).isoformat()) for n in range(91)]
    kept = set(days) - set(find_expired(days, GenerationLimits(daily=3, weekly=3, monthly=2)))
    assert sorted(one.name for one in kept) == [
        "2026-10-31",  # the newest of October
        "2026-11-22",  # of each of the last weeks, with the 29th and the 30th
        "2026-11-28",  # the last days
        "2026-11-29",
        "2026-11-30",
    ]


def test_the_newest_is_kept_whatever_is_asked_for() -> None:
    assert find_expired([Path("2026-11-29"), Path("2026-11-30")], GenerationLimits(0, 0, 0)) == [
        Path("2026-11-29")
    ]


def test_a_file_takes_its_place_once_a_month_and_each_generation_is_whole(
    generations: Generations, clock: Clock
) -> None:
    clock.now = clock.now.replace(day=29)
    for _ in range(3):
        generations.write(clock(), is_running)
        clock.advance(days=1)
    first, second, next_month = generations.list_whole()
    assert inode_of_drawing(first) == inode_of_drawing(second) != inode_of_drawing(next_month)
    assert all(backup.verify_backup(one)[1] == [] for one in (first, second, next_month))


def test_what_is_no_longer_kept_is_removed_and_what_a_killed_backup_left_too(
    generations: Generations, clock: Clock
) -> None:
    generations.folder.mkdir()
    (generations.folder / f"2026-11-01{UNFINISHED}").mkdir()
    for _ in range(5):
        generations.write(clock(), is_running)
        clock.advance(days=1)
    # From Monday to Friday: the last three days.
    assert [one.name for one in sorted(generations.folder.iterdir())] == [
        ".lock",
        "2026-11-25",
        "2026-11-26",
        "2026-11-27",
    ]


def test_a_second_process_writes_none_while_one_does(generations: Generations, clock: Clock) -> None:
    generations.folder.mkdir()
    with _hold_alone(generations.folder), pytest.raises(BackupRefused, match="Another process"):
        generations.write(clock(), is_running)
    generations.write(clock(), is_running)
    assert names(generations) == ["2026-11-23"]


def test_a_program_that_stops_leaves_no_half_backup(generations: Generations, clock: Clock) -> None:
    with pytest.raises(BackupStopped):
        generations.write(clock(), lambda: True)
    assert [one.name for one in generations.folder.iterdir()] == [".lock"]


@pytest.fixture
def deps(generations: Generations, clock: Clock) -> JobDependencies:
    service = Service(generations.places.database, small_catalog, clock=clock, wake=lambda: None)
    at = clock().time()
    return JobDependencies(service, None, Path(), None, NightlyBackup(generations, at))  # type: ignore[arg-type]


def backup_job(deps: JobDependencies) -> Job:
    (scheduled,) = (one for one in create_scheduler(deps).get_jobs() if one.id == "back_up")
    job: Job = scheduled.args[0]
    return job


async def test_processes_that_begin_at_once_make_one_backup_a_night(
    deps: JobDependencies, generations: Generations, clock: Clock
) -> None:
    job = backup_job(deps)
    for _ in range(2):
        with capture_logs() as logged:
            await asyncio.gather(*(run_job(job, deps) for _ in range(3)))
        assert [line["event"] for line in logged] == ["backup_written", "job_done"]
        clock.advance(days=1)
    assert names(generations) == ["2026-11-23", "2026-11-24"]


async def test_a_backup_that_fails_is_told_with_the_reason_and_tried_again(
    deps: JobDependencies, generations: Generations, clock: Clock
) -> None:
    job, catalog = backup_job(deps), generations.places.catalog
    generations.folder.parent.joinpath("backups").write_text("in the way")
    with capture_logs() as logged:
        await run_job(job, deps)
    failed = next(line for line in logged if line["event"] == "backup_failed")
    assert (failed["log_level"], "backups" in failed["why"], catalog) == ("error", True, SAMPLE)
    generations.folder.unlink()
    clock.advance(minutes=11)
    await run_job(job, deps, job_leases.take_over)
    assert names(generations) == ["2026-11-23"]


async def test_a_backup_of_many_hours_is_not_taken_over_while_it_goes_on(
    deps: JobDependencies, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.runner.RENEW_SECONDS", 0.01)
    begun, may_end, runs = asyncio.Event(), asyncio.Event(), []

    async def work(_: JobDependencies) -> None:
        runs.append(clock())
        begun.set()
        await may_end.wait()

    loop, renewed, renew = asyncio.get_running_loop(), asyncio.Event(), job_leases.renew

    def renew_and_tell(tx: Tx, name: str, slot: str, now: datetime) -> None:
        renew(tx, name, slot, now)
        loop.call_soon_threadsafe(renewed.set)

    monkeypatch.setattr(job_leases, "renew", renew_and_tell)
    job = Job("back_up", work, {}, "%Y-%m-%d", takes_long=True)
    running = asyncio.create_task(run_job(job, deps))
    await begun.wait()
    clock.advance(minutes=11)
    for _ in range(2):  # the first may have been under way
        renewed.clear()
        await asyncio.wait_for(renewed.wait(), PATIENCE)
    await run_job(job, deps, job_leases.take_over)
    may_end.set()
    await running
    assert len(runs) == 1
