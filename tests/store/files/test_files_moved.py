"""Files in S3 as the program uses them: forms, gallring, moving while it serves, backups, the doctor."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest
import typer
from structlog.testing import capture_logs

from bot import backup
from bot.backup import Places
from bot.cli import cli
from bot.cli.files import print_troubled
from bot.doctor.storage import check_storage
from bot.domain.lists.batches import ExportCaseFiles
from bot.domain.submission import FileRef
from bot.jobs import JobDependencies
from bot.jobs.sweeping import remove_disposed_files, remove_unsaved_files
from bot.service.batches import Batches
from bot.setting_faults import InvalidSettings
from bot.settings import StoreSettings, load_settings
from bot.store import Database
from bot.store.files import unattached
from bot.store.files.file_store import FileStore, FilesUnavailable
from bot.store.files.moving import FileMover, move_files, verify_files
from bot.store.files.s3_files import S3FileStore
from bot.store.officers import batches
from bot.store.officers.batch_claims import LEASE
from bot.store_opening import open_stores
from bot.text import words
from tests.conftest import PATIENCE, SAMPLE, Clock
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.portal_catalog import portal_catalog
from tests.s3_server import Fault, Network, open_network, running_s3

pytestmark = pytest.mark.long

IDS = [f"{n:032x}" for n in range(1, 5)]
NOT_TAKEN = "vi kan inte ta emot filer just nu, försök igen senare eller skicka utan filen"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def network(server: object) -> Iterator[Network]:
    with open_network(server) as network:  # type: ignore[arg-type]
        yield network


@pytest.fixture
def files(network: Network, tmp_path: Path) -> S3FileStore:
    return S3FileStore(tmp_path / "files", network.storage())


@pytest.fixture
def portal(sqlite_database: Database, clock: Clock, tmp_path: Path, files: S3FileStore) -> Portal:
    return create_portal(sqlite_database, portal_catalog(), clock, tmp_path, files=files)


def ref_of(file_id: str, content: bytes) -> FileRef:
    sha256 = hashlib.sha256(content).hexdigest()
    return FileRef(id=file_id, name="plan.pdf", size=len(content), kind="application/pdf", sha256=sha256)


def save(database: Database, files: FileStore, clock: Clock, file_id: str, content: bytes) -> FileRef:
    """Store the file with its row."""
    ref = ref_of(file_id, content)
    assert files.write(file_id, [content]) == (ref.size, ref.sha256)
    database.write_sync(lambda tx: unattached.save(tx, ref, clock()))
    return ref


@pytest.fixture
def in_folder(
    sqlite_database: Database, files: S3FileStore, network: Network, clock: Clock
) -> dict[str, bytes]:
    """Files that came before there was any S3, by id."""
    before = S3FileStore(files.root, network.storage(), is_written=False)
    contents = {file_id: file_id.encode() * 99 for file_id in IDS}
    for file_id, content in contents.items():
        save(sqlite_database, before, clock, file_id, content)
    return contents


def in_root(files: FileStore) -> set[str]:
    return {path.name for path in files.root.glob("??/*")}


async def test_a_form_is_kept_and_sent_without_its_file_while_the_storage_is_down(
    portal: Portal, network: Network
) -> None:
    eva = portal.browser()
    network.faults.append(Fault("PUT", status=503, code="SlowDown"))
    page = await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    assert page.status == 422 and f"plan.pdf kan inte tas emot: {NOT_TAKEN}" in page.text
    assert page.form().value("om_p0_name") == "Eva Ek" and page.form().value("svar_vad") == "En altan"
    assert (await eva.submit(page.form())).status == 200
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).files == () and network.keys() == set()


async def test_a_file_of_a_form_is_given_to_its_applicant_and_said_to_be_late_while_the_storage_is_down(
    portal: Portal, network: Network, files: S3FileStore
) -> None:
    eva = portal.browser()
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    (file,) = (await portal.view_case(case.id)).files
    assert b"".join(files.open(file.id)) == PDF and in_root(files) == set()
    await signs_in(portal, eva)
    path = f"/mina-sidor/arende/{case.id}/fil/{file.id}"
    assert (await eva.client.get(path)).content == PDF
    network.faults.append(Fault("GET", status=503, code="SlowDown"))
    late = await eva.client.get(path)
    assert late.status_code == 503 and late.headers["retry-after"]
    assert (await eva.get(f"/mina-sidor/arende/{case.id}")).status == 200


async def test_gallring_takes_the_file_from_the_storage_and_again_when_it_was_down(
    sqlite_database: Database, clock: Clock, files: S3FileStore, network: Network, tmp_path: Path
) -> None:
    service = create_portal(sqlite_database, portal_catalog(), clock, tmp_path, files=files).service
    deps = JobDependencies(service, files, tmp_path, None)  # type: ignore[arg-type]
    save(sqlite_database, files, clock, IDS[0], PDF)
    sqlite_database.write_sync(lambda tx: unattached.remove(tx, [IDS[0]]))
    network.faults.append(Fault("DELETE", times=4, status=503, code="SlowDown"))
    assert not files.remove(IDS[0])
    await remove_unsaved_files(deps)
    assert network.keys()
    await remove_unsaved_files(deps)
    await remove_disposed_files(deps)
    assert network.keys() == set() and files.list_unsaved() == []


async def test_a_file_whose_row_was_saved_is_kept_by_the_sweep(
    sqlite_database: Database, clock: Clock, files: S3FileStore, network: Network, tmp_path: Path
) -> None:
    service = create_portal(sqlite_database, portal_catalog(), clock, tmp_path, files=files).service
    save(sqlite_database, files, clock, IDS[0], PDF)
    files.write(IDS[1], [PDF])
    for file_id in IDS[:2]:
        files.remove_soon(file_id)  # as old as can be
    await remove_unsaved_files(JobDependencies(service, files, tmp_path, None))  # type: ignore[arg-type]
    assert network.keys() == {f"{IDS[0][:2]}/{IDS[0]}"} and files.list_unsaved() == []


def test_files_are_moved_to_the_storage_and_back_and_found_all_the_while(
    sqlite_database: Database, files: S3FileStore, network: Network, in_folder: dict[str, bytes]
) -> None:
    counts = move_files(sqlite_database, files, "s3")
    assert (counts.count("moved"), counts.troubled) == (4, [])
    assert in_root(files) == set() and len(network.keys()) == 4
    assert verify_files(sqlite_database, files).count("there") == 4
    assert move_files(sqlite_database, files, "s3").count("there") == 4
    back = S3FileStore(files.root, network.storage(), is_written=False)
    assert move_files(sqlite_database, back, "folder").count("moved") == 4
    assert in_root(files) == set(IDS) and network.keys() == set()
    assert {file_id: b"".join(files.open(file_id)) for file_id in IDS} == in_folder


@pytest.mark.parametrize("failing", ["PUT", "GET"])
def test_a_move_that_is_stopped_loses_nothing_and_goes_on(
    sqlite_database: Database,
    files: S3FileStore,
    network: Network,
    in_folder: dict[str, bytes],
    failing: str,
) -> None:
    move = FileMover(sqlite_database, files).to_s3
    for file_id in IDS[:2]:
        content = in_folder[file_id]
        move(ref_of(file_id, content))
    network.faults.append(Fault(failing, status=503, code="SlowDown"))
    with pytest.raises(FilesUnavailable):
        move_files(sqlite_database, files, "s3")
    network.faults.clear()
    assert in_root(files) == set(IDS[2:])
    assert {file_id: b"".join(files.open(file_id)) for file_id in IDS} == in_folder
    assert move_files(sqlite_database, files, "s3").count("moved") == 2


def test_a_damaged_file_is_left_where_it_is_and_named(
    sqlite_database: Database, files: S3FileStore, network: Network, in_folder: dict[str, bytes]
) -> None:
    files.path(IDS[0]).write_bytes(b"something else")
    files.path(IDS[1]).unlink()
    counts = move_files(sqlite_database, files, "s3")
    assert counts.troubled == [("damaged", IDS[0]), ("missing", IDS[1])] and counts.count("moved") == 2
    assert in_root(files) == {IDS[0]} and len(network.keys()) == 2
    assert verify_files(sqlite_database, files).troubled == counts.troubled


def test_a_file_that_is_disposed_of_while_it_is_moved_is_in_neither_place(
    sqlite_database: Database, files: S3FileStore, network: Network, in_folder: dict[str, bytes]
) -> None:
    ref = ref_of(IDS[0], in_folder[IDS[0]])
    sqlite_database.write_sync(lambda tx: unattached.remove(tx, [IDS[0]]))
    assert FileMover(sqlite_database, files).to_s3(ref) == "disposed"
    assert IDS[0] not in in_root(files) and network.keys() == set()


def test_a_backup_lists_what_is_in_the_storage_and_holds_what_is_in_the_folder(
    sqlite_database: Database,
    files: S3FileStore,
    network: Network,
    clock: Clock,
    tmp_path: Path,
) -> None:
    there = save(sqlite_database, files, clock, IDS[0], PDF)
    here = S3FileStore(files.root, network.storage(), is_written=False)
    save(sqlite_database, here, clock, IDS[1], b"i mappen")
    places = Places(sqlite_database, files.root, SAMPLE, has_s3=True)
    manifest = backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    assert manifest.in_s3 == {there.id: (there.size, there.sha256)}
    held = {path for path in manifest.files if path.startswith("files/")}
    assert held == {f"files/{IDS[1][:2]}/{IDS[1]}"}
    assert backup.verify_backup(tmp_path / "copy") == (manifest, [])


async def test_the_doctor_says_what_is_wrong_with_the_storage(network: Network) -> None:
    class Deps:
        storage = network.storage(encryption="AES256")

    async def findings(**other: object) -> list[str]:
        found = await check_storage(type("Deps", (), {"storage": other.get("storage", Deps.storage)}))  # type: ignore[arg-type]
        assert all(one.in_words(words("sv")) for one in found)
        return [one.key for one in found]

    assert await findings() == ["doctor.storage"] and network.keys() == set()
    assert await findings(storage=None) == []
    assert await findings(storage=network.storage()) == ["doctor.storage", "doctor.storage.plain"]
    assert await findings(storage=network.storage(secret_key="en-annan")) == ["doctor.storage.denied"]
    versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    for fault, key in (
        (Fault("PUT", status=404, code="NoSuchBucket"), "doctor.storage.no_bucket"),
        (Fault("GET", times=1, changes_response=True), "doctor.storage.failed"),
        (Fault("DELETE", status=403, code="AccessDenied"), "doctor.storage.denied"),
    ):
        network.faults[:] = [fault]
        assert await findings() == [key]
    network.faults[:] = [Fault("GET", query="versioning", status=200, body=versions)]
    assert await findings() == ["doctor.storage", "doctor.storage.versions"]


GIVEN = {
    "catalog": SAMPLE,
    "secret_key": "k" * 40,
    "files_s3_bucket": "filer",
    "files_s3_access_key": "id",
    "files_s3_secret_key": "mycket-hemligt",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"files_s3_secret_key": ""}, "FILES_S3_SECRET_KEY is missing"),
        ({"files_s3_bucket": "", "files_in": "s3"}, "FILES_S3_BUCKET is missing"),
        ({"files_s3_endpoint": "http://s3.kommunen.se"}, "FILES_S3_ENDPOINT is not an address with https"),
        ({"files_s3_prefix": "filer"}, "FILES_S3_PREFIX does not end with /"),
    ],
)
def test_half_of_the_settings_of_the_storage_are_refused_without_the_secret(
    changed: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(StoreSettings, _env_file=None, **{**GIVEN, **changed})
    assert told in str(refused.value) and "mycket-hemligt" not in str(refused.value)


@dataclass
class Commands:
    """`python -m bot files …`, with the settings of a store of its own and the bucket."""

    capsys: pytest.CaptureFixture[str]

    def run(self, *command: str) -> int:
        with pytest.raises(SystemExit) as ended:
            cli(["files", *command])
        return int(ended.value.code or 0)

    def output(self) -> str:
        return self.capsys.readouterr().out

    def errors(self) -> str:
        return self.capsys.readouterr().err

    def env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.fixture
def commands(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    place = network.storage().place
    settings = {
        "CATALOG": str(SAMPLE),
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": f"sqlite:///{tmp_path}/case.db",
        "FILES_DIR": str(tmp_path / "files"),
        "FILES_IN": "s3",
        "FILES_S3_BUCKET": place.bucket,
        "FILES_S3_ENDPOINT": place.endpoint,
        "FILES_S3_PREFIX": place.prefix,
        "FILES_S3_ACCESS_KEY": place.access_key,
        "FILES_S3_SECRET_KEY": place.secret_key,
        "LOW_DISK_MB": "0",
    }
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return Commands(capsys)


def test_the_commands_move_and_verify_by_the_settings(
    commands: Commands, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES_IN", "folder")
    stores = open_stores(load_settings(StoreSettings))
    save(stores.database, stores.files, Clock(), IDS[0], PDF)
    stores.database.close()
    assert commands.run("move", "--to", "s3") == 2 and "FILES_IN=s3" in commands.errors()
    monkeypatch.setenv("FILES_IN", "s3")
    assert commands.run("move", "--to", "s3") == 0 and commands.output().startswith("1 fil")
    assert commands.run("verify") == 0 and len(network.keys()) == 1
    network.storage().remove(IDS[0])
    assert commands.run("verify") == 1 and f"{IDS[0]} saknas." in commands.output()


async def test_a_lost_file_is_named_with_its_case(
    portal: Portal,
    sqlite_database: Database,
    files: S3FileStore,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What an operator tells the officers, who know cases and not files."""
    eva = portal.browser()
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    (file,) = (await portal.view_case(case.id)).files
    of_nobody = save(sqlite_database, files, clock, IDS[0], PDF)
    for one in (file.id, of_nobody.id):
        files.storage.remove(one)
    with pytest.raises(typer.Exit):
        print_troubled(verify_files(sqlite_database, files), sqlite_database, words("sv"))
    told = capsys.readouterr().out.splitlines()
    assert f"{file.id} saknas. Filen hör till ärende {case.number}." in told
    assert f"{of_nobody.id} saknas." in told


def test_what_a_restored_store_does_not_know_is_found_and_removed_and_nothing_else(
    commands: Commands, network: Network
) -> None:
    """Files of lost cases would stay in the bucket for ever: no gallring knows them."""
    stores = open_stores(load_settings(StoreSettings))
    assert isinstance(stores.files, S3FileStore)
    save(stores.database, stores.files, Clock(), IDS[0], PDF)
    stores.files.write(IDS[1], [PDF])  # a form of just now, whose row is saved next
    network.storage().save(IDS[2], io.BytesIO(PDF), ref_of(IDS[2], PDF).sha256)
    stores.database.close()
    assert commands.run("orphans") == 1
    listed = commands.output()
    assert (
        listed.startswith(f"{IDS[2]}, från ")
        and "hör till något ärende: 1" in listed
        and len(network.keys()) == 3
    )
    assert commands.run("orphans", "--remove") == 0 and "bort ur S3: 1" in commands.output()
    assert network.keys() == {f"{one[:2]}/{one}" for one in IDS[:2]}
    assert commands.run("orphans") == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("to", "method", "before"), [("s3", "PUT", 2), ("s3", "GET", 2), ("folder", "DELETE", 2)]
)
def test_a_move_that_is_killed_loses_nothing_and_goes_on(
    commands: Commands, network: Network, monkeypatch: pytest.MonkeyPatch, to: str, method: str, before: int
) -> None:
    monkeypatch.setenv("FILES_IN", "folder" if to == "s3" else "s3")
    stores = open_stores(load_settings(StoreSettings))
    contents = {file_id: file_id.encode() * 99 for file_id in IDS}
    for file_id, content in contents.items():
        save(stores.database, stores.files, Clock(), file_id, content)
    monkeypatch.setenv("FILES_IN", to)
    begun = sum(one == method for one, _ in network.requests)
    network.faults += [Fault(method, times=before, passes=True), Fault(method, is_silent=True)]
    moving = subprocess.Popen([sys.executable, "-m", "bot", "files", "move", "--to", to], env=commands.env())
    network.until(lambda: sum(one == method for one, _ in network.requests) - begun > before)
    moving.kill()
    moving.wait(PATIENCE)
    network.faults.clear()
    assert {file_id: b"".join(stores.files.open(file_id)) for file_id in IDS} == contents
    stores.database.close()
    assert commands.run("move", "--to", to) == 0
    assert commands.run("verify") == 0
    assert len(network.keys()) == (4 if to == "s3" else 0)


async def test_a_backup_is_made_while_the_storage_is_down(
    sqlite_database: Database, files: S3FileStore, network: Network, clock: Clock, tmp_path: Path
) -> None:
    save(sqlite_database, files, clock, IDS[0], PDF)
    for method in ("GET", "HEAD", "PUT"):
        network.faults.append(Fault(method, status=503, code="SlowDown"))
    places = Places(sqlite_database, files.root, SAMPLE, has_s3=True)
    manifest = backup.write_backup(places, tmp_path / "copy", clock(), "sv")
    assert list(manifest.in_s3) == [IDS[0]]


@pytest.mark.long
async def test_an_export_that_the_storage_fails_is_made_whole_when_it_answers_again(
    portal: Portal, network: Network, clock: Clock, files: S3FileStore
) -> None:
    eva = portal.browser()
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    action, anna = ExportCaseFiles(content="case_file"), portal.officer("anna")
    await Batches(portal.service, files).begin(anna, action, [case.id], batch_id="export1")
    network.faults.append(Fault("GET", status=503, code="SlowDown"))
    batches_runner = Batches(portal.service, files)
    with capture_logs() as logged:
        running = asyncio.create_task(batches_runner.run())
        async with asyncio.timeout(PATIENCE):
            while len(logged) < 2:  # noqa: ASYNC110  (the log is not waited for)
                await asyncio.sleep(0.01)
        batches_runner.stop()
        await running
    assert [(one["event"], one.get("trouble")) for one in logged] == [
        ("file_storage_failed", "failed"),
        ("batch_waits", "failed"),
    ]
    network.faults.clear()
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert await Batches(portal.service, files).run_next()
    found = await portal.service.database.read(lambda tx: batches.find(tx, "export1"))
    assert found is not None and (found.state, found.done, found.skipped) == ("done", 1, 0)
    (export,) = (path for path in files.root.rglob("*") if is_zipfile(path))
    with ZipFile(export) as archive, ZipFile(io.BytesIO(archive.read(f"Akt {case.number}.zip"))) as whole:
        assert PDF in {whole.read(name) for name in whole.namelist()}


def test_a_secret_is_in_no_text_of_what_holds_it(network: Network) -> None:
    storage = network.storage()
    assert storage.place.secret_key not in repr(storage.place) + repr(replace(storage.place, bucket="b"))
    with pytest.raises(ValueError, match="not a file id"):
        storage.save("../municipality", io.BytesIO(PDF), "")
