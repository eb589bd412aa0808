"""The command line as a person at a terminal meets it: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from structlog.testing import capture_logs
from typer.core import TyperGroup

from bot import __version__
from bot.catalog import load
from bot.catalog.files.live import version_of
from bot.cli import cli, main
from bot.cli.command_errors import EXIT_NOT_STARTED, EXIT_PROBLEMS
from bot.domain.actors import find_officer
from bot.domain.lists.case_query import CaseFilter, CaseQuery
from bot.domain.lists.query_wording import describe_query
from bot.export.case_file import CaseFileWriter
from bot.settings import Settings, StoreSettings
from bot.store import Database, Keys
from bot.store.cases.case_records import RecordRequest, load_record
from bot.store.engine import migrate
from bot.store.engine.sole_use import hold_alone
from bot.store.log import key_check
from bot.store.outbox.delivery_rows import Route, insert_rows, new_row
from bot.store.retention import persons
from bot.store_opening import open_stores
from bot.text import words as language
from bot.web.request_trace import begin_trace
from tests.conftest import PATIENCE, SAMPLE
from tests.intake.documents import case, encoded, file, question, value
from tests.upgrades.earlier_stores import load_store
from tests.upgrades.make_stores import SECRET

ROOT = Path(__file__).parents[2]
NOWHERE = {
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "MAIL_FROM": "arenden@lindsjo.example",
    "PUBLIC_URL": "http://127.0.0.1:9",
}
"""Settings of a Slack and a mail server that nobody answers at."""
Completed = subprocess.CompletedProcess[str]
Run = Callable[..., Completed]


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> dict[str, str]:
    """Settings for a store of the test's own."""
    (tmp_path / "case.db").write_bytes(migrated_sqlite.read_bytes())
    return {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'case.db'}",
        "FILES_DIR": str(tmp_path / "files"),
        "CATALOG": str(SAMPLE),
        "SECRET_KEY": "k" * 40,
    }


@pytest.fixture
def run(
    settings: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs the command as `python -m bot` does, but for the log's set-up, which is a whole process's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.cli.configure_logging", lambda stream: None)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def run(*words: str, **more: str) -> Completed:
        for name, given in {**settings, **more}.items():
            monkeypatch.setenv(name, given)
        monkeypatch.setattr("sys.argv", ["bot", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return Completed(words, int(ended.value.code or 0), output.out, output.err)

    umask = os.umask(0)
    yield run
    os.umask(umask)


@pytest.fixture
def document(tmp_path: Path) -> str:
    """A case from Open ePlatform, as a file."""
    path = tmp_path / "1001.xml"
    path.write_bytes(encoded(case(question(1, "Vad gäller det?", value("En fråga")))))
    return str(path)


def test_an_import_of_something_that_is_no_case_ends_badly_and_is_listed(
    run: Run, document: str, tmp_path: Path
) -> None:
    (tmp_path / "odd.xml").write_text("<Annat/>")
    ended = run("import", document, str(tmp_path / "odd.xml"))
    listed = run("import", "--failed")
    assert ended.returncode == listed.returncode == EXIT_PROBLEMS
    assert "Öppnade ärenden: 1. Fanns redan: 0. Gick inte att öppna: 1." in ended.stdout
    assert "odd.xml: Filen är inte ett ärende" in listed.stdout


def test_an_import_that_opens_everything_ends_well_and_leaves_nothing_in_the_list(
    run: Run, document: str
) -> None:
    ended, listed = run("import", document), run("import", "--failed")
    assert ended.returncode == listed.returncode == 0
    assert listed.stdout.strip() == "Inget väntar på att rättas."


def test_a_case_without_all_of_its_files_ends_the_import_badly_until_someone_has_seen_to_it(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "left.xml"
    path.write_bytes(encoded(case(question(1, "Bilaga", file("a.exe", b"MZ")))))
    (tmp_path / "left.txt").write_text("")
    ended, listed = run("import", str(tmp_path)), run("import", "--failed")
    assert ended.returncode == listed.returncode == EXIT_PROBLEMS
    assert "Öppnade ärenden: 1. Fanns redan: 0. Gick inte att öppna: 0." in ended.stdout
    assert "inte slutar på .xml" in ended.stdout
    assert "left.xml: Ärende" in ended.stdout and "left.xml: Ärende" in listed.stdout
    assert run("import", "--forget", str(path)).stdout.strip() == "1 dokument är borttaget från listan."
    assert run("import", "--failed").returncode == 0


def test_whatever_the_machine_allows_nobody_else_on_it_reads_what_is_stored(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "1001.xml"
    path.write_bytes(encoded(case(question(1, "Ritning", file("brev.txt", b"Ett brev.")))))
    database = tmp_path / "case.db"
    database.chmod(0o644)
    with closing(sqlite3.connect(database)) as another:
        # Its log of writes lies beside the database meanwhile.
        another.execute('SELECT count(*) FROM "case"').fetchone()
        run("import", str(path))
        run("log", "checkpoint")
        stored = [*tmp_path.glob("case.db*"), tmp_path / "files", *(tmp_path / "files").rglob("*")]
        assert {".db", ".db-wal", ".db-shm"} <= {one.suffix for one in stored}
        assert len(stored) >= 7, "an uploaded file and a checkpoint lie here, each in its folder"
        assert [one.name for one in stored if one.stat().st_mode & 0o077] == []


def test_of_several_platforms_one_must_be_named(run: Run, document: str) -> None:
    ended = run("import", "--platform", "okänd", document)
    assert ended.returncode == EXIT_NOT_STARTED and "open_eplatform" in ended.stderr


def test_a_whole_log_is_proved_and_it_is_told_what_it_was_compared_with(run: Run) -> None:
    alone = run("log", "verify")
    run("log", "checkpoint")
    compared = run("log", "verify")
    assert alone.returncode == compared.returncode == 0
    assert "Granskade ärenden: 0. Händelser: 0. Fel: 0." in compared.stdout
    assert "Det finns ingen kontrollpunkt" in alone.stdout
    assert "Historiken är jämförd med kontrollpunkten" in compared.stdout


def test_the_statistics_are_counted_anew_where_they_are_not_what_the_log_says(
    run: Run, document: str, settings: dict[str, str]
) -> None:
    run("import", document)
    assert run("figures").stdout == "Statistiken är räknad.\n"
    with closing(sqlite3.connect(settings["DATABASE_URL"].removeprefix("sqlite:///"))) as stored:
        stored.execute("UPDATE figure SET count = 9")
        stored.commit()
    wrong = run("log", "verify")
    assert wrong.returncode == EXIT_PROBLEMS and "Statistiken för" in wrong.stdout
    run("figures", "--recount")
    assert run("log", "verify").returncode == 0


def test_a_log_that_was_tampered_with_ends_badly_and_names_the_case(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    with sqlite3.connect(tmp_path / "case.db") as database:
        database.execute("UPDATE \"case\" SET status = 'avslutat'")
    ended = run("log", "verify")
    assert ended.returncode == EXIT_PROBLEMS
    assert "-000001: " in ended.stdout


def test_a_proof_gone_on_with_says_the_same_where_none_was_stopped(run: Run, document: str) -> None:
    run("import", document)
    whole, resumed = run("log", "verify"), run("log", "verify", "--resume", "--processes", "2")
    assert (whole.returncode, whole.stdout) == (resumed.returncode, resumed.stdout)
    assert "Granskade ärenden: 1." in whole.stdout


def test_what_could_not_be_delivered_is_listed_with_what_to_do_until_it_is_sent_again(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    with sqlite3.connect(tmp_path / "case.db") as database:
        database.execute("UPDATE delivery SET state = 'parked', trouble = 'not_in_channel'")
    listed = run("deliveries")
    assert "-000001" in listed.stdout and "/invite" in listed.stdout
    assert "En leverans skickas igen" in run("deliveries", "--retry").stdout
    assert "-000001" not in run("deliveries").stdout


@pytest.mark.long
def test_the_program_is_a_command_of_its_own(settings: dict[str, str], tmp_path: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "log", "verify"],
        env={**outside, **settings, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "Granskade ärenden: 0. Händelser: 0. Fel: 0." in ended.stdout
    assert ended.stderr == ""


@pytest.mark.long
def _wait_until_idle(pid: int) -> None:
    """Wait until the process uses no processor time between two looks."""
    stat, used, before = Path(f"/proc/{pid}/stat"), [""], []
    while used != before:
        time.sleep(0.2)
        used, before = stat.read_text().rpartition(")")[2].split()[11:13], used


@pytest.mark.long
def test_a_program_that_crashes_says_in_its_log_where_it_was(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """What an operator has afterwards is the log: an exit code alone says nothing of a fault in a library."""
    outside = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    set_up = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32, "PORT": "0"} | settings
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        env={**outside, **set_up, **NOWHERE, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any('"event": "started"' in line for line in iter(process.stdout.readline, ""))
        _wait_until_idle(process.pid)  # the stacks of threads that run meanwhile may be cut short
        process.send_signal(signal.SIGSEGV)
        told = process.stdout.read()
    assert process.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in told and "bot/app.py" in told
    assert "xoxb-1" not in told


def test_what_is_not_set_up_is_told_with_what_to_do_and_ends_badly(run: Run) -> None:
    ended = run("doctor", SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s" * 32, **NOWHERE)
    assert ended.returncode == EXIT_PROBLEMS
    assert "✓ Databasen svarar och är uppdaterad." in ended.stdout
    assert "✗ Slack svarar inte." in ended.stdout
    assert "✗ Mejlservern svarar inte. Kontrollera SMTP_URL." in ended.stdout
    assert ended.stdout.strip().endswith("2 saker behöver rättas till.")


def test_what_a_person_can_mend_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "municipality.yaml").write_text("namn: Lindsjö\n")
    setting = run("log", "verify", SECRET_KEY="kort")
    catalog = run("catalog", "check", str(tmp_path / "catalog"))
    assert setting.returncode == EXIT_NOT_STARTED
    assert setting.stderr.startswith("SECRET_KEY är för kort. Så kan det se ut: minst 32")
    assert catalog.returncode == EXIT_PROBLEMS
    assert (
        "municipality.yaml:1  namn: namn är inget ord som tjänstekatalogen känner till; menade du name?"
        in (catalog.stderr)
    )
    assert "Traceback" not in setting.stderr + catalog.stderr
    english = tmp_path / "english"
    shutil.copytree(SAMPLE, english)
    head = english / "municipality.yaml"
    head.write_text(head.read_text("utf-8").replace("language: sv", "language: en"), "utf-8")
    assert "is too short; it looks like" in run("migrate", CATALOG=str(english), SECRET_KEY="kort").stderr


@pytest.fixture
def lessened_catalog(tmp_path: Path) -> Path:
    """The sample, without the e-service that the document's case is of."""
    folder = tmp_path / "lessened"
    shutil.copytree(SAMPLE, folder)
    (folder / "services" / "kundfakturaunderlag.yaml").unlink()
    return folder


def test_an_e_service_taken_out_of_the_catalog_with_open_cases_is_told_of(
    run: Run, document: str, lessened_catalog: Path
) -> None:
    run("import", document)
    checked = run("catalog", "check", str(lessened_catalog))
    assert checked.returncode == EXIT_PROBLEMS
    told = "E-tjänsten kundfakturaunderlag saknas i tjänstekatalogen men har ett öppet ärende"
    assert told in checked.stdout
    looked = run(
        "doctor",
        CATALOG=str(lessened_catalog),
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_SIGNING_SECRET="s" * 32,
        **NOWHERE,
    )
    assert f"✗ {told}" in looked.stdout
    lines = looked.stdout.splitlines()
    headings = [number for number, line in enumerate(lines[:-1]) if not line.startswith("  ")]
    assert all(lines[number + 1].startswith("  ") for number in headings)  # no heading without findings


def test_a_catalog_is_checked_without_a_database_too_and_says_so(run: Run, tmp_path: Path) -> None:
    checked = run("catalog", "check", str(SAMPLE), DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert (checked.returncode, "Den jämfördes inte med ärendena" in checked.stdout) == (0, True)


def test_the_catalog_in_use_is_checked_without_naming_its_folder(run: Run, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "catalog")
    (tmp_path / "catalog" / "municipality.yaml").write_text("namn: Lindsjö\n")
    right, wrong = run("catalog", "check", CATALOG=str(SAMPLE)), run("catalog", "check", CATALOG="catalog")
    assert (right.returncode, wrong.returncode) == (0, EXIT_PROBLEMS)
    assert "municipality.yaml:1" in wrong.stderr


@pytest.mark.parametrize("command", ["status", "deliveries", "backup", "log verify"])
def test_what_looks_at_the_program_works_while_the_catalog_is_wrong(
    run: Run, tmp_path: Path, command: str
) -> None:
    """The program serves by the catalog of before, and its operator is to see how it is, and to back it up."""
    shutil.copytree(SAMPLE, tmp_path / "catalog")
    (tmp_path / "catalog" / "municipality.yaml").write_text("namn: Lindsjö\n")
    slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32, **NOWHERE}
    target = [str(tmp_path / "copy")] if command == "backup" else []
    ended = run(*command.split(), *target, CATALOG=str(tmp_path / "catalog"), **slack)
    assert ended.returncode == 0, ended.stderr
    assert ("catalog check" in ended.stdout) == (command == "status")
    assert run("migrate", CATALOG=str(tmp_path / "catalog")).returncode == EXIT_NOT_STARTED


def test_a_second_program_on_the_same_sqlite_file_is_refused_with_what_to_do(
    run: Run, settings: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.db").symlink_to(tmp_path / "case.db")
    secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32, "PORT": "0", **NOWHERE}
    with hold_alone(settings["DATABASE_URL"]):
        for name in ("case.db", "elsewhere.db"):
            second = run("serve", DATABASE_URL=f"sqlite:///{tmp_path / name}", **secrets)
            assert second.returncode == EXIT_NOT_STARTED
            assert f"(process {os.getpid()}) kör redan mot databasen" in second.stderr
            assert "PostgreSQL" in second.stderr
    with hold_alone(settings["DATABASE_URL"]):
        """Whoever came before has let go of it."""


def test_the_log_tells_at_the_start_and_at_a_change_which_e_service_with_open_cases_is_gone(
    settings: dict[str, str], run: Run, document: str, lessened_catalog: Path
) -> None:
    run("import", document)
    lost = {"event": "catalog_lacks_service_with_open_cases", "service": "kundfakturaunderlag", "cases": 1}
    with capture_logs() as at_start:
        given = {name.lower(): value for name, value in settings.items()} | {"catalog": lessened_catalog}
        stores = open_stores(StoreSettings(**given))
    assert {**lost, "log_level": "error"} in at_start
    service = lessened_catalog / "services" / "kundfakturaunderlag.yaml"
    service.write_bytes((SAMPLE / "services" / service.name).read_bytes())
    with capture_logs() as at_change:
        assert stores.catalog.reload()
        service.unlink()
        assert stores.catalog.reload()
    assert [line["event"] for line in at_change] == ["catalog_taken_up"] * 2 + [lost["event"]]
    stores.database.close()


def test_a_filter_by_a_status_that_the_catalog_has_lost_is_read_with_its_name(
    settings: dict[str, str], run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    shutil.copytree(SAMPLE, tmp_path / "changed")
    files = sorted((tmp_path / "changed" / "services").iterdir())
    complete = [one.read_text() for one in files]
    _rename_submitted(files)
    given = {name.lower(): value for name, value in settings.items()} | {"catalog": tmp_path / "changed"}
    stores = open_stores(StoreSettings(**given))
    query = CaseQuery(filter=CaseFilter(statuses=("inskickat",)))

    def described() -> str:
        return describe_query(query, stores.catalog.current, language("sv"))

    assert described() == "Inskickat"
    for one, text in zip(files, complete, strict=True):
        one.write_text(text)
    assert stores.catalog.reload() and stores.catalog.current.removed_statuses == {}
    _rename_submitted(files)
    assert stores.catalog.reload() and described() == "Inskickat"
    stores.database.close()


def _rename_submitted(files: list[Path]) -> None:
    """As where the coordinators give the first status of each e-service another key and name."""
    for one in files:
        text = re.sub(r"\binskickat\b", "inkommet", one.read_text())
        one.write_text(text.replace("{sv: Inskickat,", "{sv: Inkommet,"))


def test_a_proof_does_not_change_what_it_proves(run: Run, document: str, tmp_path: Path) -> None:
    run("import", document)
    before = (tmp_path / "case.db").read_bytes()
    assert run("log", "verify").returncode == 0
    assert run("deliveries").returncode == run("import", "--failed").returncode == 0
    assert (tmp_path / "case.db").read_bytes() == before


def test_a_database_of_another_version_is_read_by_no_command_and_not_changed(
    run: Run, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "case.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    before = (tmp_path / "case.db").read_bytes()
    for words in (
        ("log", "verify"),
        ("log", "checkpoint"),
        ("deliveries",),
        ("mailboxes",),
        ("import", "--failed"),
    ):
        ended = run(*words)
        assert ended.returncode == EXIT_NOT_STARTED
        assert ended.stderr.strip().endswith("Ingenting är ändrat. Kör: python -m bot migrate")
    assert (tmp_path / "case.db").read_bytes() == before


def test_of_a_database_without_tables_it_is_said_that_a_backup_may_be_restored_to_it(
    run: Run, tmp_path: Path
) -> None:
    sqlite3.connect(tmp_path / "empty.db").execute("VACUUM")
    ended = run("log", "verify", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert ended.returncode == EXIT_NOT_STARTED and "python -m bot restore" in ended.stderr


def test_what_only_reads_makes_no_database_where_there_is_none(run: Run, tmp_path: Path) -> None:
    ended = run("log", "verify", DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")
    assert (
        ended.returncode == EXIT_NOT_STARTED and "DATABASE_URL leder inte till någon databas" in ended.stderr
    )
    assert not (tmp_path / "other.db").exists()


def test_retention_tells_what_each_rule_waits_for_and_that_nothing_was_disposed_of(run: Run) -> None:
    run("migrate")
    listed = run("retention", "--dry-run")
    assert listed.returncode == 0
    assert (
        "bygglov" in listed.stdout.lower() and "Bevaras" in listed.stdout and "Väntar på att" in listed.stdout
    )
    protocol = run("retention", "--protocol")
    assert protocol.returncode == EXIT_PROBLEMS and "Ingen gallring är gjord." in protocol.stderr
    assert "gjord den dagen." in run("retention", "--protocol", "--day", "2026-01-01").stderr
    assert run("retention").returncode == EXIT_NOT_STARTED


def test_a_person_in_no_case_and_an_account_that_saw_nothing_end_badly_and_say_so(run: Run) -> None:
    run("migrate")
    nobody = run("person", "--mail", "ingen@ek.example")
    assert nobody.returncode == EXIT_PROBLEMS and "inte i något ärende" in nobody.stderr
    assert run("person").returncode == run("person", "--number", "123").returncode == EXIT_NOT_STARTED
    nothing = run("seen", "anna-berg", "--from", "2026-01-01", "--until", "2026-12-31")
    assert nothing.returncode == EXIT_PROBLEMS and nothing.stdout.startswith("Ärendenummer;")
    assert "inte fått del av några uppgifter" in nothing.stderr
    mistyped = run("seen", "anna.berg", "--from", "2026-01-01", "--until", "2026-12-31")
    assert mistyped.returncode == EXIT_PROBLEMS and "Ingen handläggare i katalogen" in mistyped.stderr
    backwards = run("seen", "anna-berg", "--from", "2026-12-31", "--until", "2026-01-01")
    assert backwards.returncode == EXIT_NOT_STARTED and "inte fått del" not in backwards.stderr
    assert "--from is after --until" in " ".join(backwards.stderr.split())


def test_all_about_a_person_is_written_to_a_file_once_and_by_name_only_when_confirmed(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    to = str(tmp_path / "eva.zip")
    listed = run("person", "--mail", "eva@ek.example")
    assert listed.returncode == 0 and "-000001" in listed.stdout and "får inte gallras" in listed.stdout
    unconfirmed = run("person", "--name", "Eva Ek", "--to", to)
    assert unconfirmed.returncode == EXIT_NOT_STARTED and not Path(to).exists()
    number = listed.stdout.split()[0]
    confirmed = "--name", "Eva Ek", "--case", number
    mistyped = run("person", *confirmed, "--case", "2026-999999", "--to", to)
    assert mistyped.returncode == EXIT_NOT_STARTED and "2026-999999" in mistyped.stderr
    assert not Path(to).exists(), "which would lack a case that somebody thinks is in it"
    assert run("person", *confirmed, "--to", to).returncode == 0
    with zipfile.ZipFile(to) as stored:
        assert f"{number}/{number}.json" in stored.namelist()
    assert run("person", "--mail", "eva@ek.example", "--to", to).returncode == EXIT_NOT_STARTED


def test_a_case_file_is_proved_by_the_key_of_its_municipality_and_nothing_else_is_taken_for_one(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    path = tmp_path / "akt.zip"
    stores = open_stores(StoreSettings(), read_only=True)
    (case,) = stores.database.read_sync(lambda tx: persons.load_cases(tx, persons.find_by_name(tx, "Eva Ek")))
    catalog, now = stores.catalog.current, datetime.now(UTC)
    officer = catalog.officers_with_access(case.service, now.date())[0]
    reader = find_officer(catalog, officer.key, now.date())
    assert reader is not None
    request = RecordRequest(reader, case.id, True, catalog, now)
    record = stores.database.read_sync(lambda tx: load_record(tx, request))
    stores.database.close()
    assert record is not None
    with path.open("wb") as target:
        CaseFileWriter(target, record, language("sv"), stores.files.read).write(b"%PDF")
    whole = run("case-file", str(path))
    assert whole.returncode == 0 and "är hel" in whole.stdout
    path.write_bytes(path.read_bytes()[:-9])
    broken = run("case-file", str(path))
    assert broken.returncode == EXIT_PROBLEMS and "ingen akt" in broken.stderr
    assert run("case-file", str(tmp_path / "none.zip")).returncode == EXIT_NOT_STARTED


@pytest.mark.parametrize("words", [("log", "verify"), ("migrate",), ("deliveries",)])
@pytest.mark.parametrize("of_before", [False, True])
def test_another_key_than_the_logs_own_is_refused_at_the_start(
    run: Run, document: str, tmp_path: Path, words: tuple[str, ...], of_before: bool
) -> None:
    """Also over a log that was begun before it had a seal."""
    run("import", document)
    if of_before:
        with sqlite3.connect(tmp_path / "case.db") as database:
            database.execute("DELETE FROM seal")
    ended = run(*words, SECRET_KEY="another key, thirty-two letters long")
    assert ended.returncode == EXIT_NOT_STARTED
    assert ended.stderr.startswith(
        "SECRET_KEY är inte den som databasens historik är förseglad med: sätt till"
    )
    assert "secrets.token_urlsafe" not in ended.stderr  # nobody is led to make a new key
    assert run("migrate").returncode == run("log", "verify").returncode == 0
    with sqlite3.connect(tmp_path / "case.db") as database:
        assert database.execute("SELECT count(*) FROM seal").fetchone() == (1,)


def test_the_cases_whose_addresses_are_confusingly_alike_are_listed_by_their_numbers(
    run: Run, tmp_path: Path
) -> None:
    none = run("mailboxes")
    assert "Inga ärenden har adresser som är förvillande lika." in none.stdout
    given = ["hasse@ek.example", "eva@sjö.example", "bo@ek.example"]
    for id_, address in enumerate([*given, "HASSE@ek.example", "a@ek.example", "b@ek.example"], 1):
        owner = f"<Owner><Firstname>Bo</Firstname><Email>{address}</Email></Owner>"
        path = tmp_path / f"{id_}.xml"
        path.write_bytes(encoded(case(question(1, "Vad?", value("x")), id=id_, people=owner)))
        run("import", str(path))
    keys = Keys(b"k" * 40)
    with sqlite3.connect(tmp_path / "case.db") as database:
        # As versions before this one took them.
        for previous, now in (
            ("a@ek.example", "haſſe@ek.example"),
            ("b@ek.example", "eva@xn--sj-gka.example"),
        ):
            change = "UPDATE applicant SET email = ?, mailbox = ? WHERE email = ?"
            database.execute(change, (now, keys.hash_mailbox(now), previous))
    parted, joined = run("mailboxes").stdout.splitlines()
    year = parted.partition("-")[0][-4:]
    assert f"{year}-000001 och {year}-000004 / {year}-000005" in parted
    assert "olika brevlådor" in parted and "@" not in parted + joined
    assert f"{year}-000002" in joined and f"{year}-000006" in joined and "samma brevlåda" in joined
    assert f"{year}-000003" not in parted + joined


def test_another_key_keys_no_mailbox_anew(run: Run, document: str, tmp_path: Path) -> None:
    """Not even on the way to being refused."""
    url = f"sqlite:///{tmp_path / 'before.db'}"
    before = Database(url, Keys(b"k" * 40))
    migrate.upgrade(before, "0012")
    before.write_sync(key_check.save_if_missing)
    before.close()
    ended = run("migrate", DATABASE_URL=url, SECRET_KEY="another key, thirty-two letters long")
    assert ended.returncode == EXIT_NOT_STARTED and "SECRET_KEY är inte den" in ended.stderr
    with sqlite3.connect(tmp_path / "before.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0012",)


def test_a_new_web_key_is_made_beside_the_one_of_before(run: Run, settings: dict[str, str]) -> None:
    made = dict(
        line.split("=", 1)
        for line in run("keys", "rotate").stdout.splitlines()
        if "KEY" in line and "=" in line
    )
    assert made["WEB_KEY_PREVIOUS"] == settings["SECRET_KEY"]
    again = run("keys", "rotate", **made).stdout
    assert f"WEB_KEY_PREVIOUS={made['WEB_KEY']}" in again and made["WEB_KEY"] not in again.splitlines()[0]
    leaked = run("keys", "rotate", "--leaked", **made).stdout
    assert (
        leaked.startswith("WEB_KEY=")
        and made["WEB_KEY"] not in leaked
        and settings["SECRET_KEY"] not in leaked
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"WEB_KEY": "k" * 40}, "WEB_KEY är samma som SECRET_KEY"),
        ({"WEB_KEY": "abc123"}, "WEB_KEY är för kort"),
        ({"WEB_KEY_PREVIOUS": "p" * 40}, "WEB_KEY_PREVIOUS är satt utan WEB_KEY"),
    ],
)
def test_web_keys_that_would_not_do_are_told(run: Run, keys: dict[str, str], told: str) -> None:
    ended = run("log", "verify", **keys)
    assert ended.returncode == EXIT_NOT_STARTED and told in ended.stderr
    assert not any(value in ended.stderr for value in keys.values())


def test_who_brings_the_database_up_to_date_beforehand_has_every_case_found(
    run: Run, document: str, tmp_path: Path
) -> None:
    run("import", document)
    with sqlite3.connect(tmp_path / "case.db") as database:
        database.execute("UPDATE search SET rule = 0")
    assert run("migrate").returncode == 0
    with sqlite3.connect(tmp_path / "case.db") as database:
        assert database.execute("SELECT count(*) FROM search WHERE rule = 0").fetchone() == (0,)


@pytest.mark.parametrize("command", [("migrate",), ("figures",)])
def test_a_store_is_not_migrated_under_a_program_that_serves_it(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A process of the version before knows nothing of the new tables: on SQLite it has the file for itself."""
    store = tmp_path / "case.db"
    load_store("0040", "sqlite").restore(f"sqlite:///{store}")
    before = _dump(store)
    with hold_alone(f"sqlite:///{store}"):
        ended = run(*command, SECRET_KEY=SECRET)
    assert ended.returncode == EXIT_NOT_STARTED
    assert f"(process {os.getpid()}) kör redan mot databasen" in ended.stderr
    assert _dump(store) == before
    assert run("migrate", SECRET_KEY=SECRET).returncode == 0


def test_an_editor_is_given_the_schemas_and_told_how_a_file_names_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    ended = run("catalog", "schema", "catalog")
    assert ended.returncode == 0
    assert "# yaml-language-server: $schema=../service.schema.json" in ended.stdout.splitlines()
    for name in ("municipality.schema.json", "service.schema.json"):
        assert (tmp_path / "catalog" / name).read_text() == (SAMPLE / name).read_text()


def test_an_installation_is_begun_once_and_its_catalog_can_be_checked_at_once(
    run: Run, tmp_path: Path
) -> None:
    begun = run("init", "new")
    settings = (tmp_path / "new" / ".env").read_text()
    again, checked = run("init", "new"), run("catalog", "check", "new/catalog")
    assert (begun.returncode, again.returncode, checked.returncode) == (0, EXIT_NOT_STARTED, 0)
    assert "python -m bot catalog check catalog" in begun.stdout
    assert f"PYTHONPATH={ROOT}" in begun.stdout, "from there the program is not found by itself"
    assert settings.split("SECRET_KEY=")[1].split()[0] not in begun.stdout
    assert "Inget är ändrat" in again.stderr and (tmp_path / "new" / ".env").read_text() == settings


def test_a_new_e_service_is_made_by_a_few_questions_and_can_be_checked_at_once(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLE, tmp_path / "new")
    answers = [
        'Ansök om "eget": bidrag',
        "Kultur",
        "",
        "",
        "n",
        "",
        "15",
        "24",
        "Planen: punkt 3",
        "ingen",
        "",
        "",
    ]

    def answer(words: tuple[str, ...], typed: list[str]) -> Completed:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed) + "\n"))
        return run(*words)

    made = answer(("catalog", "new", "new", "bidrag"), answers)
    assert made.returncode == 0, made.stderr
    assert "ingen finns inte i municipality.yaml" in made.stdout
    assert "catalog preview new bidrag" in made.stdout
    service = load(tmp_path / "new").services["bidrag"]
    assert (service.name.sv, service.name.en) == ('Ansök om "eget": bidrag',) * 2
    assert (service.working_days, service.retention.months, service.channel) == (15, 24, "bidrag")
    assert service.is_published and service.protected_officers
    again = answer(("catalog", "new", "new", "bidrag"), answers)
    assert (again.returncode, "finns redan" in again.stderr) == (EXIT_PROBLEMS, True)
    misnamed = run("catalog", "new", "new", "Bidrag!")
    assert (misnamed.returncode, "börjar med en bokstav" in misnamed.stderr) == (EXIT_NOT_STARTED, True)


def test_a_change_of_the_catalog_is_told_with_the_open_cases_of_the_store(
    run: Run, document: str, lessened_catalog: Path
) -> None:
    run("import", document)
    told = run("catalog", "diff", str(SAMPLE), str(lessened_catalog))
    alone = run("catalog", "diff", str(SAMPLE), str(SAMPLE), DATABASE_URL="sqlite:///none.db")
    assert (told.returncode, alone.returncode) == (0, 0)
    assert "E-tjänsten tas bort. Det berör ett öppet ärende." in told.stdout
    assert "Inget som märks" in alone.stdout and "inte med ärendena" in alone.stdout


def test_a_backup_is_made_verified_and_restored_from_the_command_line(run: Run, tmp_path: Path) -> None:
    copy, new = str(tmp_path / "copy"), tmp_path / "new"
    place = {
        "DATABASE_URL": f"sqlite:///{new / 'case.db'}",
        "FILES_DIR": str(new / "files"),
        "CATALOG": str(new / "catalog"),
    }
    assert run("log", "checkpoint").returncode == 0
    made = run("backup", copy)
    assert (made.returncode, "SECRET_KEY" in made.stdout) == (0, True)
    assert run("backup", "--verify", copy).returncode == 0
    shutil.copytree(copy, tmp_path / "spoilt")
    (tmp_path / "spoilt" / "catalog" / "municipality.yaml").write_text("name: Hej")
    spoilt = run("backup", "--verify", str(tmp_path / "spoilt"))
    assert spoilt.returncode == EXIT_PROBLEMS
    assert "municipality.yaml har ändrats" in spoilt.stdout and "Ta en ny nu" in spoilt.stdout
    assert run("restore", copy, "--next-number", "500", **place).returncode == EXIT_NOT_STARTED
    restored = run("restore", copy, **place)
    assert (restored.returncode, "hoppas över: nästa ärende får" in restored.stdout) == (0, True)
    assert "återställ hellre med --checkpoints" in restored.stdout
    other = {name: value.replace(str(new), str(tmp_path / "other")) for name, value in place.items()}
    (tmp_path / "other").mkdir()
    restored = run("restore", copy, "--checkpoints", str(new / "files" / "checkpoints"), **other)
    assert (restored.returncode, "--checkpoints" in restored.stdout) == (0, False)
    verified = run("log", "verify", "--processes", "1", **place)
    assert (verified.returncode, "lämnas inte ut" in verified.stdout) == (0, True)
    assert "från säkerhetskopian" in verified.stdout
    nothing_lost = run("log", "acknowledge", "--by", "Kim", "--why", "disken", **place)
    assert (nothing_lost.returncode, "ingen förlust" in nothing_lost.stderr) == (EXIT_PROBLEMS, True)
    refused = run("restore", copy, **place)
    assert (refused.returncode, "inte tom" in refused.stderr) == (EXIT_NOT_STARTED, True)
    Path(copy, "manifest.json").unlink()
    refused = run("backup", "--verify", copy)
    assert (refused.returncode, "ingen säkerhetskopia" in refused.stderr) == (EXIT_NOT_STARTED, True)


def test_how_the_program_is_is_told_also_where_it_does_not_run(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "case.db")) as store:
        store.execute(
            "INSERT INTO delivery (destination, lane, kind, case_id, priority, redraw, state, due_at, attempts, ids, "
            "created_at, trouble) VALUES ('mail', 'mail/1', 'mail', '1', 1, 0, 'waiting', '2026-01-01 00:00:00', 3, "
            "'{}', '2026-01-01 00:00:00', NULL)"
        )
        store.commit()
    given = NOWHERE | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "0" * 32, "PORT": "9"}
    ended = run("status", "--json", **given)
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["running"], told["version"]) == (0, None, __version__)
    assert [(one["destination"], one["due"], one["tries"]) for one in told["queues"]] == [("mail", 1, 3)]
    assert told["jobs"]["sweep"] == {"finished": None, "late": True}
    assert (told["backup"], told["checkpoint"], told["certificate"]) == (None, None, "none")
    assert told["catalog"] == version_of(load(SAMPLE))
    printed = run("status", **given).stdout
    assert "Inget program svarar på http://127.0.0.1:9." in printed and "försenat" in printed


def test_a_reference_is_told_of_from_the_log_and_with_what_is_still_to_be_sent(
    run: Run, settings: dict[str, str], tmp_path: Path
) -> None:
    due = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    rows = [new_row(Route(kind, f"{kind}/1", kind), "1", 1, due) for kind in ("mail", "card")]
    database = Database(settings["DATABASE_URL"], Keys(settings["SECRET_KEY"].encode()))
    parked = {"state": "parked", "trouble": "not_in_channel"}
    with begin_trace("page", "POST /") as trace:
        database.write_sync(lambda tx: insert_rows(tx, rows[:1]))
        database.write_sync(lambda tx: insert_rows(tx, [rows[1] | parked]))
    database.close()
    lines = (
        {"event": "request", "timestamp": "2026-11-23T09:00:00Z", "ref": trace.ref, "name": "POST /"},
        {"event": "request", "timestamp": "2026-11-23T09:00:01Z", "ref": "00000000", "name": "GET /"},
        {"event": "delivered", "timestamp": "2026-11-23T09:00:02Z", "refs": [trace.ref], "kind": "line"},
    )
    log = tmp_path / "log"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    ended = run("trace", trace.ref.upper(), str(log))
    told = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stderr
    assert told[0].startswith("2026-11-23T09:00:00Z  request  ") and "name=POST /" in told[0]
    assert told[1].startswith("2026-11-23T09:00:02Z  delivered  ") and told[2] == "Kvar att skicka:"
    assert any("väntar till 23 nov. 2026 10:00. Försök: 0." in line for line in told[3:])
    assert any("är parkerat." in line and "/invite" in line for line in told[3:])
    unknown = run("trace", "00000001", str(log))
    assert unknown.returncode == EXIT_PROBLEMS and "00000001" in unknown.stderr


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout.strip() == __version__


OF_A_NEWER_STORE = {
    "migrate": [],
    "deliveries": ["--retry"],
    "figures": [],
    "files move": ["--to", "s3"],
    "files verify": [],
    "files orphans": [],
    "mailboxes": [],
    "status": [],
    "trace": ["7f3a01b2"],
    "backup": ["copy"],
    "lost-cards": ["--since", "2026-11-01"],
    "import": ["1001.xml"],
    "seen": ["anna-berg", "--from", "2026-11-01", "--until", "2026-11-30"],
    "person": ["--mail", "eva@ek.example"],
    "case-file": ["1001.xml"],
    "retention": ["--dry-run"],
    "log verify": [],
    "log acknowledge": ["--by", "Anna Berg", "--why", "Återläst"],
    "log checkpoint": [],
    "catalog check": [str(SAMPLE)],
    "catalog diff": [str(SAMPLE), str(SAMPLE)],
}
"""The commands that open the store, with their arguments."""

WITHOUT_THE_STORE = {
    "init",
    "doctor",  # says it among its findings: tests/doctor
    "restore",  # into an empty place only
    "keys rotate",
    "catalog new",
    "catalog preview",  # has one of its own
    "catalog schema",
}


def test_each_command_is_tried_on_a_newer_store_or_opens_none() -> None:
    assert set(_command_names()) == {"serve"} | set(OF_A_NEWER_STORE) | WITHOUT_THE_STORE


def _command_names() -> Iterator[str]:
    root = typer.main.get_command(cli)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            yield from (f"{name} {each}" for each in command.commands)
        else:
            yield name


@pytest.fixture
def newer_store(tmp_path: Path) -> Iterator[Path]:
    """The settings' store, migrated by a later version; nothing in its folder may change."""
    store = tmp_path / "case.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = store.read_bytes(), _names_in_folder_of(store)
    yield store
    assert (store.read_bytes(), _names_in_folder_of(store)) == before


def _names_in_folder_of(store: Path) -> set[str]:
    """What is in the folder, without SQLite's own files and the lock of `serve`."""
    return {one.name for one in store.parent.iterdir() if not one.name.startswith(f"{store.name}-")}


@pytest.mark.parametrize("command", OF_A_NEWER_STORE)
def test_an_older_version_says_that_the_store_is_newer_and_changes_nothing(
    run: Run, command: str, document: str, newer_store: Path
) -> None:
    assert document.startswith(str(newer_store.parent))
    slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32}
    ended = run(*command.split(), *OF_A_NEWER_STORE[command], **slack, **NOWHERE)
    assert ended.returncode == EXIT_NOT_STARTED
    assert "en nyare versions tabeller. Ingenting är ändrat." in ended.stderr


@pytest.mark.long
def test_an_older_version_does_not_serve_a_newer_store(settings: dict[str, str], newer_store: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    set_up = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32, "PORT": "0"} | settings
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        env={**outside, **set_up, **NOWHERE, "PYTHONPATH": str(ROOT)},
        cwd=newer_store.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == EXIT_NOT_STARTED
    assert "en nyare versions tabeller. Ingenting är ändrat." in ended.stderr


def test_what_an_upgrade_will_do_is_said_beforehand_and_nothing_is_changed(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "case.db"
    load_store("0040", "sqlite").restore(f"sqlite:///{store}")
    before = _dump(store)
    planned = run("migrate", "--plan", SECRET_KEY=SECRET).stdout.splitlines()
    assert planned[0].startswith("0041 Assignees with their case's number and time of receipt")
    assert planned[1].strip().startswith("Går igenom assignee, case: ")
    assert re.fullmatch(r"Steg: \d+\. Knapptryckningar väntar omkring 1 s\.", planned[-1])
    assert _dump(store) == before
    assert run("migrate", SECRET_KEY=SECRET).returncode == 0
    ended = run("migrate", "--plan", SECRET_KEY=SECRET)
    assert ended.stdout.strip() == "Databasen är uppdaterad. Inget återstår att göra."


def _dump(store: Path) -> list[str]:
    with closing(sqlite3.connect(store)) as connection:
        return list(connection.iterdump())
