"""The log's proof, attacked by someone who can write to the database but has no key."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.submission import FileRef
from bot.service import CommandResult, Service
from bot.store import Database, DatabaseBusy, Keys, Tx
from bot.store.files import unattached
from bot.store.verification import case_proof, checkpoints, progress, proof
from bot.store.verification.case_proof import CaseRange, LogPlaces, Tally
from bot.store.verification.checkpoints import FILE_NAME
from bot.store.verification.parts import GARBAGE_THRESHOLD, in_processes
from bot.store.verification.proof import Report
from bot.text import words
from tests.conftest import Clock, postgres_in_ci
from tests.municipality import MunicipalityDriver, person, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outside"


async def create_full_case(municipality: MunicipalityDriver) -> CommandResult:
    """A case with some of everything: an applicant, a file, messages both ways, a note."""
    now = municipality.service.clock()
    drawing = FileRef(
        id="f" * 32, name="a.pdf", size=3, kind="application/pdf", sha256="0" * 64, field="ritning"
    )
    municipality.service.database.write_sync(lambda tx: unattached.save(tx, drawing, now))
    case = await municipality.submit(files=(drawing,))
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej Eva"))
    municipality.service.clock.advance(minutes=5)  # type: ignore[attr-defined]
    eva = await municipality.applicant(case)
    await municipality.service.perform(ReceiveMessage(case_id=case.case_id, text="Hej Anna"), eva)
    plan = await municipality.add_file()
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Ring grannen", files=(plan,)))
    return case


async def test_a_case_of_several_people_whose_addresses_are_not_confirmed_is_as_its_log_says(
    municipality: MunicipalityDriver, database: Database
) -> None:
    """Whatever the order of their ids, by which the log sorts their addresses."""
    people = (replace(person(address_state="unconfirmed"), id=letter * 32) for letter in "cab")
    await municipality.submit(*people)
    report = await database.read(proof.verify)
    assert report.ok, report.findings


def tamper(database: Database, *statements: str) -> None:
    """Write past the program, with the guards taken down."""

    def work(tx):  # type: ignore[no-untyped-def]
        if tx.locks_rows:
            tx.conn.exec_driver_sql("SET session_replication_role = replica")
        else:
            for name in ("history_only_erased", "history_kept", "history_not_replaced"):
                tx.conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            tx.conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for statement in statements:
            tx.conn.exec_driver_sql(statement)
        if tx.locks_rows:
            tx.conn.exec_driver_sql("SET session_replication_role = origin")

    database.write_sync(work)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof looks at one case at a time, so that what is wrong lies in different parts, or between them."""
    monkeypatch.setattr("bot.store.verification.case_proof.PAGE_SIZE", 1)
    monkeypatch.setattr("bot.store.verification.reading_proof.PART_SIZE", 1)


def run_verify(database: Database, folder: Path | None = None) -> Report:
    """What a proof finds in parts, which is what it finds in one transaction."""
    whole = database.read_sync(lambda tx: proof.verify(tx, folder))
    in_parts = proof.verify_in_parts(database, folder, processes=1)
    assert in_parts == whole
    return in_parts


def write_checkpoint(municipality: MunicipalityDriver, folder: Path) -> proof.Checkpoint:
    municipality.service.clock.advance(hours=24)  # type: ignore[attr-defined]
    now = municipality.service.clock()
    return proof.write_checkpoint(municipality.service.database, folder, now)


def finding_keys(report: Report) -> set[str]:
    for finding in report.findings:
        assert "\n" not in finding.in_words(words("sv")) != finding.in_words(words("en"))
    return {finding.key for finding in report.findings}


async def test_a_town_where_nobody_has_tampered_is_right(
    municipality: MunicipalityDriver, folder: Path
) -> None:
    await create_full_case(municipality)
    await municipality.submit()
    made = write_checkpoint(municipality, folder)
    report = run_verify(municipality.service.database, folder)
    assert report.ok, report
    assert (report.cases, report.events, report.erased, report.checkpoint_at) == (2, 6, 0, made.at)


async def test_an_empty_town_is_right(municipality: MunicipalityDriver, folder: Path) -> None:
    write_checkpoint(municipality, folder)
    assert run_verify(municipality.service.database, folder).ok


HISTORY = [
    pytest.param(["UPDATE history SET meta = replace(meta, 'anna', 'bo') WHERE seq = 2"], {"proof.changed"},
                 id="who did it is changed"),
    pytest.param(["UPDATE history SET content = 'x' WHERE seq = 2"], {"proof.content"}, id="content is changed"),
    pytest.param(["UPDATE history SET content = 'x', content_hash = 'y' WHERE seq = 2"],
                 {"proof.content", "proof.changed"}, id="content and its hash are changed"),
    pytest.param(["UPDATE history SET salt = NULL WHERE seq = 2"], {"proof.content"}, id="a salt is taken"),
    pytest.param(["DELETE FROM history WHERE seq = 3"], {"proof.gap", "proof.text.extra"}, id="a row is removed"),
    pytest.param(["DELETE FROM history WHERE seq = 1"], {"proof.gap", "proof.text.extra", "proof.unknown"},
                 id="the first row is removed"),
    pytest.param(["UPDATE history SET seq = 99 WHERE seq = 2", "UPDATE history SET seq = 2 WHERE seq = 3",
                  "UPDATE history SET seq = 3 WHERE seq = 99"], {"proof.changed", "proof.text"}, id="two swap places"),
    pytest.param(["INSERT INTO history (case_id, seq, meta, content, salt, content_hash, prev, hash) SELECT case_id,"
                  " 6, meta, content, salt, content_hash, hash, hash FROM history WHERE seq = 5"],
                 {"proof.changed", "proof.head", "proof.text.gone"}, id="a row is inserted"),
    pytest.param(["DELETE FROM history WHERE seq = 5"], {"proof.head", "proof.text.extra"}, id="the tail is cut"),
    pytest.param(["DELETE FROM history"], {"proof.nolog"}, id="the log is emptied"),
    pytest.param(['UPDATE "case" SET head = prev FROM history WHERE case_id = id AND "case".seq = history.seq'],
                 {"proof.head"}, id="the head is moved"),
]  # fmt: skip
TEXTS = [
    pytest.param(["UPDATE message SET body = 'Avslag' WHERE \"by\" = 'applicant'"], {"proof.text"}, id="message"),
    pytest.param(["UPDATE message SET body = 'Avslag', salt = NULL"], {"proof.text"}, id="message without salt"),
    pytest.param(["UPDATE message SET \"by\" = 'officer:bo' WHERE \"by\" <> 'applicant'"], {"proof.text"}, id="sender"),
    pytest.param(["UPDATE note SET body = 'x'"], {"proof.text"}, id="note"),
    pytest.param(["UPDATE answers SET body = '{}'"], {"proof.text"}, id="answers"),
    pytest.param(["UPDATE applicant SET email = 'annan@ek.example'"], {"proof.text"}, id="applicant"),
    pytest.param([f"UPDATE file SET sha256 = '{'1' * 64}'"], {"proof.text", "proof.scan"}, id="file"),
    pytest.param(["UPDATE file SET message_id = (SELECT max(id) FROM message), note_id = NULL"
                  " WHERE note_id IS NOT NULL"], {"proof.text"}, id="a note's file is shown with a message"),
    pytest.param(["UPDATE file SET note_id = NULL WHERE note_id IS NOT NULL"], {"proof.text"},
                 id="a note's file is shown with the form"),
    pytest.param(["UPDATE file SET case_id = NULL WHERE note_id IS NOT NULL"], {"proof.text.gone"},
                 id="a note's file is removed"),
    pytest.param(["DELETE FROM note"], {"proof.text.gone"}, id="a note is removed"),
    pytest.param(["UPDATE \"case\" SET status = 'closed'"], {"proof.state"}, id="the status is changed"),
    pytest.param(["DELETE FROM assignee"], {"proof.state"}, id="the officer is removed"),
    pytest.param(["UPDATE \"case\" SET number = '2026-000009'"], {"proof.number", "proof.missing", "proof.beyond",
                 "proof.state"}, id="the number is changed"),
]  # fmt: skip


@postgres_in_ci
@pytest.mark.parametrize(("statements", "found"), HISTORY + TEXTS)
async def test_what_is_done_behind_the_programs_back_shows(
    municipality: MunicipalityDriver, statements: list[str], found: set[str]
) -> None:
    case = await create_full_case(municipality)
    tamper(municipality.service.database, *statements)
    report = run_verify(municipality.service.database)
    assert finding_keys(report) - {"proof.state"} == found - {"proof.state"}
    assert ("proof.state" in finding_keys(report)) or "proof.state" not in found or len(found) > 1
    assert case.number in {finding.number for finding in report.findings}


async def test_a_message_put_in_by_hand_shows(municipality: MunicipalityDriver) -> None:
    case = await create_full_case(municipality)
    columns = 'case_id, seq, "by", applicant, kind, at, visible_at, receipt, body, salt'
    tamper(
        municipality.service.database,
        f"INSERT INTO message (id, {columns}) SELECT 'x', {columns} FROM message WHERE \"by\" = 'applicant'",
    )
    found = run_verify(municipality.service.database).findings
    assert [one.in_words(words("sv")) for one in found] == [
        f"{case.number}: ett meddelande finns som ingen händelse nämner."
    ]


async def test_a_chain_made_anew_without_the_key_shows(municipality: MunicipalityDriver) -> None:
    """Whoever can write can hash again, but not with a key they do not have."""
    case = await create_full_case(municipality)
    stranger = Database(
        municipality.service.database.url.render_as_string(hide_password=False), Keys(b"guessed")
    )
    report = run_verify(stranger)
    stranger.close()
    assert (case.number, "proof.changed") in [(one.number, one.key) for one in report.findings]


async def test_a_case_that_is_gone_leaves_a_hole_among_the_numbers(municipality: MunicipalityDriver) -> None:
    first = await municipality.submit()
    await municipality.submit()
    tamper(municipality.service.database, *delete_case_statements(first))
    assert [(one.number, one.key) for one in run_verify(municipality.service.database).findings] == [
        (first.number, "proof.missing")
    ]


def delete_case_statements(case: CommandResult) -> list[str]:
    tables = {
        "history": "case_id",
        "answers": "case_id",
        "applicant": "case_id",
        "delivery": "case_id",
        "search": "case_id",
        "case": "id",
    }
    return [f"DELETE FROM \"{table}\" WHERE {column} = '{case.case_id}'" for table, column in tables.items()]


async def test_a_log_whose_case_is_gone_shows(municipality: MunicipalityDriver) -> None:
    first = await municipality.submit()
    tamper(municipality.service.database, *delete_case_statements(first)[1:])
    assert finding_keys(run_verify(municipality.service.database)) == {"proof.nocase", "proof.missing"}


async def test_two_cases_that_have_changed_places_show(municipality: MunicipalityDriver) -> None:
    first, second = await municipality.submit(), await municipality.submit()
    moves = ((first.case_id, "between"), (second.case_id, first.case_id), ("between", second.case_id))
    tamper(
        municipality.service.database,
        *(f"UPDATE history SET case_id = '{to}' WHERE case_id = '{of}'" for of, to in moves),
        'UPDATE "case" SET head = (SELECT hash FROM history WHERE case_id = "case".id)',
    )
    found = run_verify(municipality.service.database).findings
    assert {(one.number, one.key) for one in found} >= {
        (first.number, "proof.changed"),
        (second.number, "proof.changed"),
        (first.number, "proof.number"),
    }


async def test_what_is_disposed_of_by_the_rules_is_erased_and_not_wrong(
    municipality: MunicipalityDriver,
) -> None:
    await create_full_case(municipality)
    municipality.service.database.write_sync(
        lambda tx: [
            tx.conn.exec_driver_sql(statement)
            for statement in (
                "UPDATE history SET content = NULL, salt = NULL WHERE seq = 1",
                "UPDATE message SET body = NULL, salt = NULL",
                "UPDATE note SET body = NULL, salt = NULL",
                "UPDATE answers SET body = NULL, salt = NULL",
                "UPDATE applicant SET name = '', email = '', phone = '', mailbox = NULL, salt = NULL",
                "UPDATE file SET sha256 = NULL, salt = NULL",
            )
        ]
    )
    report = run_verify(municipality.service.database)
    assert (report.ok, report.erased) == (True, 8)


def roll_back_statements(case: CommandResult) -> list[str]:
    """The statements that make the case what it was when it was opened, without a trace inside the database."""
    of_case = f"= '{case.case_id}'"
    return [
        f"DELETE FROM history WHERE case_id {of_case} AND seq > 1",
        f"DELETE FROM assignee WHERE case_id {of_case}",
        f'UPDATE "case" SET seq = 1, head = (SELECT hash FROM history WHERE case_id {of_case}) WHERE id {of_case}',
        f'UPDATE "case" SET handled = (1 = 0), changed_at = received_at WHERE id {of_case}',
    ]


Attack = Callable[[CommandResult], list[str]]


@pytest.mark.parametrize(
    ("statements", "alone", "found"),
    [
        pytest.param(roll_back_statements, set(), {"proof.cut"}, id="an older database"),
        pytest.param(lambda case: [*delete_case_statements(case), "UPDATE number SET last = 1"],
                     set(), {"proof.dropped"},
                     id="the last case is dropped"),
    ],
)  # fmt: skip
async def test_only_the_checkpoint_tells_an_older_database_from_an_older_day(
    municipality: MunicipalityDriver, folder: Path, statements: Attack, alone: set[str], found: set[str]
) -> None:
    await municipality.submit()
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    write_checkpoint(municipality, folder)
    tamper(
        municipality.service.database,
        f"DELETE FROM assignee WHERE case_id = '{case.case_id}'",
        *statements(case),
    )
    assert finding_keys(run_verify(municipality.service.database)) == alone
    report = run_verify(municipality.service.database, folder)
    assert [(one.number, {one.key}) for one in report.findings] == [(case.number, found)]


async def test_a_history_that_goes_on_from_an_older_database_shows_after_the_next_checkpoint_too(
    municipality: MunicipalityDriver, folder: Path
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    write_checkpoint(municipality, folder)
    tamper(municipality.service.database, *roll_back_statements(case))
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    assert run_verify(municipality.service.database).ok
    assert finding_keys(run_verify(municipality.service.database, folder)) == {"proof.rewritten"}
    write_checkpoint(municipality, folder)
    assert finding_keys(run_verify(municipality.service.database, folder)) == {"proof.rewritten"}


async def test_a_checkpoint_holds_only_what_has_grown(municipality: MunicipalityDriver, folder: Path) -> None:
    case = await municipality.submit()
    await municipality.submit()
    assert write_checkpoint(municipality, folder).changed == 2
    assert write_checkpoint(municipality, folder).changed == 0
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    made = write_checkpoint(municipality, folder)
    assert (made.cases, made.changed) == (2, 1)


def heads_in(folder: Path) -> list[tuple[str, int]]:
    """The heads that the file holds: (number, seq)."""
    lines = [json.loads(line) for line in (folder / FILE_NAME).read_text().splitlines()]
    return [(line["number"], line["seq"]) for line in lines if "case" in line]


async def test_a_checkpoint_in_parts_holds_the_head_of_each_case_once(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.verification.checkpoints.PART_SIZE", 2)
    cases = [await municipality.submit() for _ in range(3)]
    for case in cases:
        await municipality.perform("anna", TakeCase(case_id=case.case_id))
    made = write_checkpoint(municipality, folder)
    assert (made.cases, made.changed) == (3, 3)
    assert sorted(heads_in(folder)) == [(case.number, 2) for case in cases]
    assert run_verify(municipality.service.database, folder).checkpoint_at == made.at


async def test_a_checkpoint_that_the_program_was_stopped_in_is_gone_on_from(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.verification.checkpoints.PART_SIZE", 2)
    database, now = municipality.service.database, municipality.service.clock()
    for _ in range(3):
        await municipality.submit()
    end = database.read_sync(checkpoints.find_last_event)
    assert database.read_sync(lambda tx: checkpoints.write_part(tx, folder, now, end)).more
    assert run_verify(database, folder).checkpoint_at is None
    assert write_checkpoint(municipality, folder).changed == 1
    assert len(heads_in(folder)) == 3 and run_verify(database, folder).ok


async def test_what_is_written_while_a_checkpoint_is_made_is_in_the_next(
    municipality: MunicipalityDriver, folder: Path
) -> None:
    database, now = municipality.service.database, municipality.service.clock()
    case = await municipality.submit()
    end = database.read_sync(checkpoints.find_last_event)
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    database.read_sync(lambda tx: checkpoints.write_part(tx, folder, now, end))
    assert heads_in(folder) == [(case.number, 1)]
    write_checkpoint(municipality, folder)
    assert heads_in(folder) == [(case.number, 1), (case.number, 2)]


async def test_an_event_whose_writing_has_not_ended_is_waited_for_and_not_passed_over(
    one_postgres_database: Database, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.verification.checkpoints.LOCK_TIMEOUT", "50ms")
    catalog = small_catalog()
    service = Service(one_postgres_database, lambda: catalog, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, catalog)
    slow, quick = await municipality.submit(), await municipality.submit()
    anna = municipality.officer("anna")

    def write_slowly(tx: Tx) -> None:
        service.perform_in_transaction(tx, TakeCase(case_id=slow.case_id), anna)
        asyncio.run(municipality.perform("anna", TakeCase(case_id=quick.case_id)))
        with pytest.raises(DatabaseBusy):
            write_checkpoint(municipality, folder)

    await asyncio.to_thread(one_postgres_database.write_sync, write_slowly)
    write_checkpoint(municipality, folder)
    assert sorted(heads_in(folder)) == [(slow.number, 2), (quick.number, 2)]


async def test_in_a_database_turned_back_a_checkpoint_begins_anew(
    municipality: MunicipalityDriver, folder: Path
) -> None:
    """For what is written there now may stand where the file has been already."""
    case, other = await municipality.submit(), await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    write_checkpoint(municipality, folder)
    tamper(municipality.service.database, *roll_back_statements(case))
    await municipality.perform("bo", TakeCase(case_id=other.case_id))
    assert write_checkpoint(municipality, folder).changed == 2
    tamper(municipality.service.database, *roll_back_statements(other))
    found = run_verify(municipality.service.database, folder).findings
    assert {(one.number, one.key) for one in found} == {
        (case.number, "proof.cut"),
        (other.number, "proof.cut"),
    }


async def write_three_lines(municipality: MunicipalityDriver, folder: Path) -> list[str]:
    await municipality.submit()
    await municipality.submit()
    write_checkpoint(municipality, folder)
    return (folder / FILE_NAME).read_text().splitlines()


@postgres_in_ci
@pytest.mark.parametrize("spoil", ["change", "remove", "swap", "garbage"])
async def test_a_file_of_checkpoints_that_was_changed_shows(
    municipality: MunicipalityDriver, folder: Path, spoil: str
) -> None:
    lines = await write_three_lines(municipality, folder)
    first = json.loads(lines[0])
    spoilt = {
        "change": [json.dumps(first | {"seq": 7}), *lines[1:]],
        "remove": lines[1:],
        "swap": [lines[1], lines[0], lines[2]],
        "garbage": ["[]", *lines],
    }[spoil]
    (folder / FILE_NAME).write_text("\n".join(spoilt) + "\n")
    assert "proof.checkpoints" in finding_keys(run_verify(municipality.service.database, folder))
    write_checkpoint(municipality, folder)
    assert "proof.checkpoints" in finding_keys(run_verify(municipality.service.database, folder))


async def test_a_checkpoint_cut_off_by_a_crash_is_gone_on_from(
    municipality: MunicipalityDriver, folder: Path
) -> None:
    lines = await write_three_lines(municipality, folder)
    (folder / FILE_NAME).write_text(lines[0] + "\n" + lines[1][:40])
    assert run_verify(municipality.service.database, folder).checkpoint_at is None
    made = write_checkpoint(municipality, folder)
    assert (made.cases, made.changed) == (2, 2)
    report = run_verify(municipality.service.database, folder)
    assert (report.ok, report.checkpoint_at) == (True, made.at)


async def test_a_ruined_database_is_told_of_within_bounds(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.verification.findings.MAX_LISTED", 3)
    for _ in range(5):
        await municipality.submit()
    tamper(municipality.service.database, "UPDATE history SET meta = '{}'")
    report = run_verify(municipality.service.database)
    assert len(report.findings) == 3 and report.hidden_count > 0


def test_a_folder_that_is_gone_is_no_checkpoint(sqlite_database: Database, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    assert run_verify(sqlite_database, folder).checkpoint_at is None


async def test_a_proof_sees_one_picture_while_the_town_goes_on(municipality: MunicipalityDriver) -> None:
    def one_picture(tx):  # type: ignore[no-untyped-def]
        before = tx.conn.exec_driver_sql('SELECT count(*) FROM "case"').scalar()
        asyncio.run(municipality.submit())
        return before, tx.conn.exec_driver_sql('SELECT count(*) FROM "case"').scalar()

    seen = await municipality.service.database.read(one_picture)
    assert seen == (0, 0)
    assert run_verify(municipality.service.database).cases == 1


async def test_a_file_of_many_cases_is_held_against_all_of_them(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.verification.checkpoints._BATCH_SIZE", 2)
    cases = [await municipality.submit() for _ in range(7)]
    write_checkpoint(municipality, folder)
    assert run_verify(municipality.service.database, folder).cases == 7
    tamper(municipality.service.database, *delete_case_statements(cases[-1]), "UPDATE number SET last = 6")
    found = run_verify(municipality.service.database, folder).findings
    assert [(one.number, one.key) for one in found] == [(cases[-1].number, "proof.dropped")]


@pytest.mark.long
async def test_several_processes_find_what_one_does(municipality: MunicipalityDriver, folder: Path) -> None:
    cases = [await create_full_case(municipality), await municipality.submit()]
    write_checkpoint(municipality, folder)
    tamper(
        municipality.service.database,
        f"UPDATE message SET body = 'x' WHERE case_id = '{cases[0].case_id}'",
        f"UPDATE history SET content = 'x' WHERE case_id = '{cases[1].case_id}'",
    )
    database = municipality.service.database
    found = await asyncio.to_thread(proof.verify_in_parts, database, folder, processes=2)
    assert found == run_verify(database, folder)
    assert {one.number for one in found.findings} == {case.number for case in cases}


class StoppedAfter:
    """Looking at cases until the proof is stopped, and what was looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.looked_at: list[CaseRange] = []
        self.most = most
        self.check_cases = case_proof.check_cases
        monkeypatch.setattr("bot.store.verification.case_proof.check_cases", self)

    def __call__(self, tx: Tx, cases: CaseRange, places: LogPlaces) -> Tally:
        if len(self.looked_at) == self.most:
            raise KeyboardInterrupt
        self.looked_at.append(cases)
        return self.check_cases(tx, cases, places)


async def stop_a_proof(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> StoppedAfter:
    """A proof of four cases, of which the first is not right, that was stopped after two of them."""
    cases = sorted([await municipality.submit() for _ in range(4)], key=lambda case: case.case_id)
    spoilt = f"UPDATE history SET content = 'x' WHERE case_id = '{cases[0].case_id}'"
    tamper(municipality.service.database, spoilt)
    stopped = StoppedAfter(monkeypatch, most=2)
    with pytest.raises(KeyboardInterrupt):
        proof.verify_in_parts(municipality.service.database, folder, processes=1)
    stopped.most = 100
    return stopped


async def test_a_proof_that_was_stopped_goes_on_and_says_what_it_had_found(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = await stop_a_proof(municipality, folder, monkeypatch)
    database = municipality.service.database
    report = proof.verify_in_parts(database, folder, processes=1, resume=True)
    assert (
        len(stopped.looked_at) == len({one.after for one in stopped.looked_at}) == 5
    )  # the last has no case
    assert report == run_verify(database, folder) and finding_keys(report) == {"proof.content"}


async def test_how_far_a_proof_had_come_is_not_believed_of_a_stranger(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = await stop_a_proof(municipality, folder, monkeypatch)
    kept = folder / progress.FILE_NAME
    kept.write_text(kept.read_text().replace("proof.content", "proof.nothing"))
    report = proof.verify_in_parts(municipality.service.database, folder, processes=1, resume=True)
    assert len(stopped.looked_at) == 7 and finding_keys(report) == {"proof.content"}


async def test_what_the_town_does_while_it_is_proved_is_no_fault(
    municipality: MunicipalityDriver, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [await municipality.submit() for _ in range(3)]
    write_checkpoint(municipality, folder)
    check_cases, waiting = case_proof.check_cases, list(cases)

    def go_on(tx: Tx, part: CaseRange, places: LogPlaces) -> Tally:
        found = check_cases(tx, part, places)
        if waiting:
            asyncio.run(municipality.perform("anna", TakeCase(case_id=waiting.pop().case_id)))
            asyncio.run(municipality.submit())
        return found

    monkeypatch.setattr("bot.store.verification.case_proof.check_cases", go_on)
    database = municipality.service.database
    report = await asyncio.to_thread(proof.verify_in_parts, database, folder, processes=1)
    assert report.ok and not waiting


async def test_an_event_put_where_no_checkpoint_looks_shows(
    sqlite_database: Database, clock: Clock, folder: Path
) -> None:
    """Checkpoints read on from the last event that they know; one moved before it would never be in any."""
    catalog = small_catalog()
    service = Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, catalog)
    case = await municipality.submit()
    write_checkpoint(municipality, folder)
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    tamper(sqlite_database, "UPDATE history SET rowid = -1 WHERE seq = 2")
    assert write_checkpoint(municipality, folder).changed == 0
    assert finding_keys(run_verify(sqlite_database, folder)) == {"proof.slipped"}


def test_a_verification_leaves_the_garbage_collector_as_it_found_it(database: Database) -> None:
    """In one process it looks for garbage more seldom, and only while it runs."""
    before, meanwhile = gc.get_threshold(), []
    with in_processes(database, 1) as run:
        meanwhile.append(gc.get_threshold())
        run.read(lambda tx: meanwhile.append(gc.get_threshold()))
    assert gc.get_threshold() == before
    assert all(threshold[0] == GARBAGE_THRESHOLD > before[0] for threshold in meanwhile)
