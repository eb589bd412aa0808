"""Whether all is set up, as those who run the program are told before it goes live."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from sqlalchemy import text

from bot.backup import GenerationLimits, Generations, Places
from bot.clients.clamd import Clamd
from bot.clients.mail import MailClient
from bot.clients.openid import OpenIdClient, Registration
from bot.clients.slack_setup import SlackSetup
from bot.doctor import DoctorDependencies, Finding, run_checks
from bot.doctor.findings import problem
from bot.doctor.jobs import check_jobs
from bot.doctor.officers import find_unopenable
from bot.doctor.slack import REQUIRED_SCOPES
from bot.store import Database
from bot.store.engine import job_leases
from bot.store.verification import proof
from bot.text import LANGUAGES, words
from sandbox.default_workspace import person
from sandbox.server import Sandbox
from tests.clamd_server import running_clamd
from tests.conftest import KEYS, SAMPLE, Clock
from tests.delivery.conftest import BYGGLOV_CHANNEL, ORO_CHANNEL, SENDER, create_workspace
from tests.municipality import small_catalog
from tests.operations.test_slow_clients import served
from tests.portal.authentication.openid_server import running_openid

UNREACHABLE_URL = "http://127.0.0.1:9"
"""Where nobody listens."""


@dataclass
class DoctorHarness:
    """A doctor, and the sandbox that is looked at."""

    deps: DoctorDependencies
    sandbox: Sandbox

    async def findings(self, **other: Any) -> dict[str, list[Finding]]:
        deps = replace(self.deps, **other)
        async with deps.slack:
            return {part: findings async for part, findings in run_checks(deps)}

    async def problems(self, **other: Any) -> list[str]:
        """The keys of what is to be mended, but for a clock that a test has set itself."""
        found = await self.findings(**other)
        return [
            finding.key
            for findings in found.values()
            for finding in findings
            if finding.severity == "problem" and not ("now" in other and finding.key == "doctor.clock")
        ]

    async def finding_keys(self, part: str, **other: Any) -> list[str]:
        return [finding.key for finding in (await self.findings(**other))[part]]

    def channel(self, name: str) -> Any:
        return self.sandbox.shared.workspace.channels[name]


def _make_workspace() -> dict[str, Any]:
    result = create_workspace()
    result["app"]["scopes"] = sorted(REQUIRED_SCOPES)
    known = {one["email"] for one in result["users"]}
    others = [one for one in small_catalog().municipality.officers if one.email not in known]
    result["users"] += [
        person(f"U0OTHER{n:03}", one.key, one.name, email=one.email) for n, one in enumerate(others)
    ]
    return result


@pytest.fixture
async def doctor_harness(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[DoctorHarness]:
    async with Sandbox.running(workspace=_make_workspace(), pace=None, mode="socket") as sandbox:
        app = sandbox.shared.workspace.app
        deps = DoctorDependencies(
            catalog=small_catalog(),
            database=sqlite_database,
            files_dir=tmp_path,
            slack=SlackSetup(app.bot_token, sandbox.api_url),
            mail=MailClient(f"smtp://127.0.0.1:{sandbox.smtp_port}", SENDER),
            public_url=UNREACHABLE_URL,
            app_token=app.app_token,
            admin_token=app.admin_token,
        )
        yield DoctorHarness(deps, sandbox)


async def test_a_town_where_all_is_set_up_is_well(doctor_harness: DoctorHarness) -> None:
    assert await doctor_harness.problems() == []
    assert "doctor.officers" in await doctor_harness.finding_keys("officers")
    assert "doctor.channel.strict" in await doctor_harness.finding_keys("channels")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_sign_is_worded(doctor_harness: DoctorHarness, language: str) -> None:
    doctor_harness.channel(BYGGLOV_CHANNEL).retention_days = 90
    wording = [
        finding.in_words(words(language))
        for findings in (await doctor_harness.findings()).values()
        for finding in findings
    ]
    assert all(wording)
    assert any("90" in one for one in wording)


async def test_scopes_that_the_app_was_not_given_are_named(doctor_harness: DoctorHarness) -> None:
    app = doctor_harness.sandbox.shared.workspace.app
    app.scopes = app.scopes - {"reactions:write"}
    findings = (await doctor_harness.findings())["slack"]
    missing = next(finding for finding in findings if finding.key == "doctor.scopes.missing")
    assert "reactions:write" in missing.in_words(words("sv"))


@pytest.mark.parametrize("hours", [-3, 5])
async def test_a_clock_that_slack_contradicts_is_told(doctor_harness: DoctorHarness, hours: int) -> None:
    assert "doctor.clock.right" in await doctor_harness.finding_keys("slack")
    findings = await doctor_harness.findings(now=lambda: datetime.now(UTC) + timedelta(hours=hours))
    assert [one.key for one in findings["slack"] if one.severity == "problem"] == ["doctor.clock"]


async def test_a_wrong_bot_token_is_told_and_the_rest_of_slack_left_out(
    doctor_harness: DoctorHarness,
) -> None:
    stranger = SlackSetup("xoxb-another", doctor_harness.sandbox.api_url)
    found = await doctor_harness.findings(slack=stranger)
    assert [finding.key for finding in found["slack"]] == ["doctor.token"]
    assert "channels" not in found
    assert [finding.key for finding in found["mail"]] == ["doctor.mail"]


async def test_slack_out_of_reach_is_told_once_and_the_rest_of_slack_left_out(
    doctor_harness: DoctorHarness,
) -> None:
    found = await doctor_harness.findings(slack=SlackSetup("xoxb-1", f"{UNREACHABLE_URL}/api/"))
    assert [finding.key for finding in found["slack"]] == ["doctor.slack.down"]
    assert found.keys().isdisjoint({"channels", "officers"})


async def test_an_app_token_that_opens_no_socket_is_told(doctor_harness: DoctorHarness) -> None:
    assert await doctor_harness.problems(app_token="xapp-another") == ["doctor.socket"]


async def test_without_socket_mode_the_way_in_is_http(doctor_harness: DoctorHarness) -> None:
    assert "doctor.http" in await doctor_harness.finding_keys("slack", app_token="")


async def test_a_channel_the_bot_is_not_in_is_told_with_what_to_do(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(BYGGLOV_CHANNEL).members.remove(
        doctor_harness.sandbox.shared.workspace.app.bot_user
    )
    findings = (await doctor_harness.findings())["channels"]
    outside = next(finding for finding in findings if finding.key == "doctor.channel.outside")
    assert "/invite @Ärendebot" in outside.in_words(words("sv"))


async def test_a_channel_that_is_not_there_is_told(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(BYGGLOV_CHANNEL).name = "byggen"
    assert await doctor_harness.problems() == ["doctor.channel.unknown"]


async def test_an_archived_channel_is_told(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(BYGGLOV_CHANNEL).is_archived = True
    assert await doctor_harness.problems() == ["doctor.channel.archived"]


async def test_a_strict_services_open_channel_is_told(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(ORO_CHANNEL).is_private = False
    assert await doctor_harness.problems() == ["doctor.channel.public"]


async def test_a_guest_in_a_strict_services_channel_is_told(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(ORO_CHANNEL).members.append("U0GUSTAVGA")
    assert await doctor_harness.problems() == ["doctor.channel.guests"]


async def test_a_shared_channel_of_a_strict_service_is_told(doctor_harness: DoctorHarness) -> None:
    doctor_harness.channel(ORO_CHANNEL).is_ext_shared = True
    assert await doctor_harness.problems() == ["doctor.channel.guests"]


@pytest.mark.parametrize("days, key", [(90, "doctor.retention"), (None, "doctor.retention.ever")])
async def test_how_long_a_channel_keeps_what_is_written_is_told(
    doctor_harness: DoctorHarness, days: int | None, key: str
) -> None:
    doctor_harness.channel(BYGGLOV_CHANNEL).retention_days = days
    doctor_harness.channel(ORO_CHANNEL).retention_days = days
    assert (await doctor_harness.finding_keys("channels")).count(key) == 2


async def test_where_nobody_may_ask_of_retention_it_is_told_once_where_to_look(
    doctor_harness: DoctorHarness,
) -> None:
    assert (await doctor_harness.finding_keys("channels", admin_token="")).count(
        "doctor.retention.nobody"
    ) == 1


async def test_a_token_that_may_not_ask_of_retention_is_told_and_is_no_fault(
    doctor_harness: DoctorHarness,
) -> None:
    assert "doctor.retention.unread" in await doctor_harness.finding_keys(
        "channels", admin_token="xoxp-another"
    )
    assert await doctor_harness.problems(admin_token="xoxp-another") == []


async def test_an_officer_whom_slack_does_not_know_is_named(doctor_harness: DoctorHarness) -> None:
    doctor_harness.sandbox.shared.workspace.users["U0ANNAANNA"].email = "anna@annan.example"
    findings = (await doctor_harness.findings())["officers"]
    assert [finding.key for finding in findings][:2] == ["doctor.officers", "doctor.officer.unknown"]


def test_an_e_service_whose_protected_cases_nobody_may_open_is_named() -> None:
    catalog = small_catalog()
    named = {one.key: one for one in catalog.services.values() if one.protected_officers}
    told = [finding.facts["service"] for finding in find_unopenable(catalog)]
    others = [one for one in catalog.services.values() if one.is_published and one.key not in named]
    assert others and told == [one.name.sv for one in others]


async def test_an_officer_who_is_a_guest_is_named(doctor_harness: DoctorHarness) -> None:
    doctor_harness.sandbox.shared.workspace.users["U0OTHER000"].is_restricted = True
    assert await doctor_harness.problems() == ["doctor.officer.guest"]


async def test_slacks_pace_is_waited_for_where_there_are_many_officers(doctor_harness: DoctorHarness) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    doctor_harness.sandbox.inject("users.lookupByEmail", "ratelimited", seconds=7)
    assert await doctor_harness.problems(sleep=wait) == []
    assert waited == [7.0]


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_where_slack_asks_to_wait_over_the_tokens_the_doctor_waits_and_goes_on(
    doctor_harness: DoctorHarness, method: str
) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    doctor_harness.sandbox.inject(method, "ratelimited", seconds=7)
    assert await doctor_harness.problems(sleep=wait) == []
    assert waited == [7.0]


async def test_the_workspace_is_told_by_its_name(doctor_harness: DoctorHarness) -> None:
    team = doctor_harness.sandbox.shared.workspace.team
    told = (await doctor_harness.findings())["slack"][0].in_words(words("sv"))
    assert team["name"] in told and team["id"] not in told


async def test_pages_that_answer_here_and_not_at_their_address_are_a_problem(
    doctor_harness: DoctorHarness, live_pages: str
) -> None:
    """The program runs, and no applicant reaches it."""
    assert await doctor_harness.problems(local_url=live_pages) == ["doctor.pages.silent"]


@pytest.fixture
async def live_pages() -> AsyncIterator[str]:
    """The program as it answers on its own machine."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nalive\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_mail_server_that_does_not_answer_is_told(doctor_harness: DoctorHarness) -> None:
    assert await doctor_harness.problems(mail=MailClient("smtp://127.0.0.1:9", SENDER)) == [
        "doctor.mail.down"
    ]


async def test_nothing_is_sent_to_see_whether_mail_can_be(doctor_harness: DoctorHarness) -> None:
    await doctor_harness.findings()
    assert doctor_harness.sandbox.mails() == []


async def test_pages_that_someone_else_answers_are_told(doctor_harness: DoctorHarness) -> None:
    assert await doctor_harness.problems(public_url=doctor_harness.sandbox.url) == ["doctor.pages.other"]


async def test_a_database_of_another_version_is_told_and_not_changed(
    doctor_harness: DoctorHarness, tmp_path: Path
) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE alembic_version AS SELECT '0001' AS version_num")
    behind = Database(f"sqlite:///{path}", KEYS)
    assert await doctor_harness.problems(database=behind) == ["doctor.database.behind"]
    behind.close()
    with sqlite3.connect(path) as old:
        assert old.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


async def test_a_database_of_a_newer_version_is_told(
    doctor_harness: DoctorHarness, sqlite_database: Database
) -> None:
    with sqlite_database.migration_engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await doctor_harness.problems(database=sqlite_database) == ["doctor.database.newer"]


async def test_a_database_that_is_not_there_is_not_made(
    doctor_harness: DoctorHarness, tmp_path: Path
) -> None:
    none = Database(f"sqlite:///{tmp_path / 'none.db'}", KEYS)
    assert "doctor.database.none" in await doctor_harness.finding_keys("store", database=none)
    none.close()
    assert not (tmp_path / "none.db").exists()


async def test_while_a_first_start_is_under_way_nobody_is_told_of_another_version(
    doctor_harness: DoctorHarness, tmp_path: Path
) -> None:
    path = tmp_path / "begun.db"
    path.touch()  # the tables are not committed yet
    empty = Database(f"sqlite:///{path}", KEYS)
    assert await doctor_harness.problems(database=empty) == []
    assert "doctor.database.empty" in await doctor_harness.finding_keys("store", database=empty)
    empty.close()
    with sqlite3.connect(path) as begun:
        assert begun.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_a_folder_that_may_not_be_written_in_is_told(
    doctor_harness: DoctorHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    assert await doctor_harness.problems() == ["doctor.files.shut"]


@pytest.mark.parametrize(
    ("limit_share", "told"),
    [(0.25, "doctor.files"), (0.75, "doctor.files.full"), (1.5, "doctor.files.refused")],
)
async def test_a_disk_is_judged_by_the_room_below_which_files_are_refused(
    doctor_harness: DoctorHarness, monkeypatch: pytest.MonkeyPatch, limit_share: float, told: str
) -> None:
    free = 600 * 1024**2
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    findings = (await doctor_harness.findings(reserved_bytes=int(free * limit_share)))["store"]
    found = next(each for each in findings if each.key.startswith("doctor.files"))
    assert found.key == told
    assert "600 MB" in found.in_words(words("sv"))
    problems = await doctor_harness.problems(reserved_bytes=int(free * limit_share))
    assert problems == (["doctor.files.refused"] if limit_share > 1 else [])


async def test_that_files_are_not_scanned_is_said_and_is_no_problem(doctor_harness: DoctorHarness) -> None:
    assert await doctor_harness.finding_keys("scanner") == ["doctor.scanner.off"]
    assert await doctor_harness.problems() == []


async def test_a_scanner_that_is_away_is_told_with_what_waits_for_it(doctor_harness: DoctorHarness) -> None:
    async with running_clamd() as clamd:
        scanner = Clamd(clamd.address)
        assert await doctor_harness.finding_keys("scanner", clamd=scanner) == ["doctor.scanner"]
    (down,) = (await doctor_harness.findings(clamd=scanner))["scanner"]
    assert (down.key, down.severity, down.facts["n"]) == ("doctor.scanner.down", "problem", 0)


async def test_a_provider_to_sign_in_by_is_asked_who_it_is(doctor_harness: DoctorHarness) -> None:
    assert "sign_in" not in {area for area, found in (await doctor_harness.findings()).items() if found}
    async with running_openid(Clock()) as server:
        issuer = server.issuer

        async def ask() -> list[str]:
            openid = OpenIdClient(Registration(issuer, "arendebot", "", ""))
            return await doctor_harness.finding_keys("sign_in", openid=openid)

        assert await ask() == ["doctor.openid"]
        server.metadata["issuer"] = f"{issuer}/"
        assert await ask() == ["doctor.openid.issuer"]
        server.status = 404
        assert await ask() == ["doctor.openid.other"]
    assert await ask() == ["doctor.openid.down"]


async def test_a_backup_that_did_not_come_last_night_is_to_be_mended(
    doctor_harness: DoctorHarness, tmp_path: Path, sqlite_database: Database, clock: Clock
) -> None:
    folder = tmp_path / "backups"
    assert await doctor_harness.finding_keys("backup") == ["doctor.backup.off"]
    asked = {"backup_dir": folder}
    assert await doctor_harness.finding_keys("backup", **asked) == [
        "doctor.backup.none",
        "doctor.backup.same_disk",
    ]
    places = Places(sqlite_database, tmp_path / "files", SAMPLE)
    Generations(places, folder, GenerationLimits(7, 5, 3)).write(clock(), lambda: False)
    assert "doctor.backup" in await doctor_harness.finding_keys("backup", **asked)
    tomorrow = datetime.now(UTC) + timedelta(hours=27)
    assert await doctor_harness.problems(**asked, now=lambda: tomorrow) == ["doctor.backup.old"]


async def run_job_at(deps: DoctorDependencies, job: str, at: datetime) -> None:
    await deps.database.write(lambda tx: job_leases.acquire(tx, job, "1", at))
    await deps.database.write(lambda tx: job_leases.finish(tx, job, "1", at))


async def test_a_job_that_has_not_run_is_told_where_the_program_runs(doctor_harness: DoctorHarness) -> None:
    deps = replace(
        doctor_harness.deps, intervals={"sweep": timedelta(hours=1), "remind": timedelta(minutes=5)}
    )
    assert [one.key for one in await check_jobs(deps)] == ["doctor.jobs.never"]
    now = datetime.now(UTC)
    await run_job_at(deps, "remind", now)
    await run_job_at(deps, "sweep", now - timedelta(hours=5))
    assert [one.key for one in await check_jobs(deps)] == ["doctor.jobs.stopped"]
    web = FastAPI()
    web.get("/livez")(lambda: PlainTextResponse("alive\n"))
    async with served(web) as hall:
        found = await check_jobs(replace(deps, local_url=f"http://127.0.0.1:{hall.port}"))
    assert found[0] == problem("doctor.jobs.late", jobs=["sweep"])


async def test_an_old_checkpoint_is_told(doctor_harness: DoctorHarness) -> None:
    deps = doctor_harness.deps
    now = datetime.now(UTC)
    await run_job_at(deps, "remind", now)
    assert [one.key for one in await check_jobs(deps)] == ["doctor.jobs", "doctor.checkpoint.none"]
    await asyncio.to_thread(
        proof.write_checkpoint, deps.database, deps.files_dir / "checkpoints", now - timedelta(days=2)
    )
    assert [one.key for one in await check_jobs(deps)] == ["doctor.jobs", "doctor.checkpoint.old"]
    await asyncio.to_thread(proof.write_checkpoint, deps.database, deps.files_dir / "checkpoints", now)
    assert [one.key for one in await check_jobs(deps)] == ["doctor.jobs", "doctor.checkpoint"]
