"""A database is brought to this version's tables."""

from __future__ import annotations

import hmac
import multiprocessing
import re
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    create_engine,
    inspect,
    text,
)

from bot.store import Database
from bot.store.cases import failed_imports
from bot.store.engine import migrate
from bot.store.tables import Base
from bot.text import words
from tests.conftest import KEYS, PATIENCE


def test_migrations_are_one_chain_in_the_order_of_their_numbers() -> None:
    files = sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))
    numbers = [file.name[:4] for file in files]
    chain = [
        re.findall(r'^(?:down_)?revision = (?:"(.*)"|None)', file.read_text(encoding="utf-8"), re.MULTILINE)
        for file in files
    ]
    assert chain == [[number, previous] for previous, number in pairwise(["", *numbers])]
    unused = {"0005", "0008"}
    assert set(numbers) | unused == {f"{number:04}" for number in range(1, len(numbers) + len(unused) + 1)}


def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}", KEYS)
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    migrate.upgrade(database)
    database.close()


def _migrate_in_process(url: str) -> None:
    """Alembic keeps what it works on for the whole process, so each has one of its own."""
    database = Database(url, KEYS)
    migrate.upgrade(database)
    database.close()


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_of_several_that_start_at_once_one_migrates_and_the_others_wait(empty_database: Database) -> None:
    url = empty_database.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as processes:
        list(processes.map(_migrate_in_process, [url] * 2, timeout=60))
    assert migrate.is_current(empty_database)


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_a_migration_that_is_ended_for_a_deadlock_is_begun_again(empty_database: Database) -> None:
    migrate.upgrade(empty_database, "0047")
    with ThreadPoolExecutor(1) as threads, empty_database.migration_engine().connect() as program:
        program.execute(text("SELECT id FROM delivery"))
        migration = threads.submit(migrate.upgrade, empty_database)
        _wait_for_lock(empty_database)
        # The migration waited first, so that it is the one that PostgreSQL ends.
        program.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": migrate.LOCK})
        assert not migrate.is_current(empty_database)
        program.rollback()
        migration.result(timeout=PATIENCE)
    assert migrate.is_current(empty_database)


def _wait_for_lock(database: Database) -> None:
    """Wait until somebody waits for a lock on a table."""
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted")
    with database.migration_engine().connect() as connection:
        while not connection.execute(query).scalar():
            time.sleep(0.01)


def test_a_database_of_a_newer_version_is_left_alone_and_said_to_be_newer(database: Database) -> None:
    with database.migration_engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not migrate.is_current(database)
    with pytest.raises(migrate.DatabaseNewer):
        migrate.upgrade(database)


def test_a_process_goes_on_when_a_newer_version_has_migrated_and_not_when_the_database_is_behind(
    sqlite_database: Database,
) -> None:
    def set_revision(revision: str) -> None:
        with sqlite_database.migration_engine().begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})

    assert migrate.is_sufficient(sqlite_database)
    set_revision("9999")
    assert migrate.is_sufficient(sqlite_database) and not migrate.is_current(sqlite_database)
    set_revision("0001")
    assert not migrate.is_sufficient(sqlite_database)


def test_the_migrations_make_the_tables_that_the_program_uses(sqlite_url: str) -> None:
    found = MetaData()
    found.reflect(create_engine(sqlite_url))
    wanted = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    made = {
        f"{name}.{column.name}"
        for name, table in found.tables.items()
        for column in table.columns
        if name != "alembic_version" and not name.startswith("search_index")  # SQLite's own
    }
    assert wanted <= made, (
        f"{', '.join(sorted(wanted - made))} is in no database yet: write a migration in bot/store/migrations/versions "
        "that adds it, with a server_default where it may not be NULL"
    )
    assert made <= wanted, f"{', '.join(sorted(made - wanted))} is used by nothing"


def test_what_came_from_other_systems_before_their_names_were_told_apart_is_found_by_them_now(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}", KEYS)
    migrate.upgrade(database, "0012")
    with database.migration_engine().begin() as connection:
        form = "INSERT INTO definition (digest, body) VALUES ('d', '{}')"
        connection.execute(text(form))
        columns = {column["name"]: column["default"] for column in inspect(connection).get_columns("case")}
        told = {"id": "1", "number": "1", "definition": "d", "external": "kc:key:b", "closed_at": None}
        row = {name: told.get(name, "2026-01-01 00:00:00") for name in columns}
        names = ", ".join(row)
        given = ", ".join(f":{name}" for name in row)
        connection.execute(text(f'INSERT INTO "case" ({names}) VALUES ({given})'), row)
        for key in ("external:kc:key:a:key:c", "external:kc:key:b", "external:kc:1", "slack:1"):
            kept = text("INSERT INTO receipt (key, at, outcome) VALUES (:key, '2026-01-01 00:00:00', '{}')")
            connection.execute(kept, {"key": key})
        reason = '{"facts":{"family":"5"},"key":"import.reason.noservice"}'
        failed = text(
            "INSERT INTO failed_import (place, reason, at) VALUES ('a', :reason, '2026-01-01 00:00:00')"
        )
        connection.execute(failed, {"reason": reason})
    migrate.upgrade(database)
    with database.migration_engine().connect() as connection:
        keys = set(connection.execute(text("SELECT key FROM receipt")).scalars())
    assert keys == {"external:kc#a:key:c", "external:kc:key:b", "external:kc:1", "slack:1"}
    (failure,) = database.read_sync(failed_imports.list_all)
    assert "5" in failure.in_words(words("sv")) and "open_eplatform" in failure.in_words(words("sv"))
    database.close()


def test_each_mailbox_gets_a_key_of_its_own_and_none_is_made_one_with_another(
    empty_database: Database,
) -> None:
    """As they were keyed before: by folding letters that only look alike."""
    migrate.upgrade(empty_database, "0012")
    addresses = [
        "hasse@ek.example",
        "haſſe@ek.example",
        "eva@strasse.example",
        "eva@straße.example",
        "Åsa@ek.example",
    ]
    with empty_database.migration_engine().begin() as conn:
        _a_case_of(conn, {address: _key_of_before(address) for address in addresses})
    migrate.upgrade(empty_database)
    keys = _kept_keys(empty_database)
    assert keys == {address: [KEYS.hash_mailbox(address)] for address in addresses}
    assert len({key for (key,) in keys.values()}) == len(addresses)


def test_a_key_that_was_not_made_of_its_address_is_left_for_the_proof_to_find(
    empty_database: Database,
) -> None:
    migrate.upgrade(empty_database, "0012")
    with empty_database.migration_engine().begin() as conn:
        _a_case_of(conn, {"haſſe@ek.example": KEYS.hash_mailbox("ond@ek.example"), "åſa@ek.example": None})
    migrate.upgrade(empty_database)
    assert _kept_keys(empty_database) == {
        "haſſe@ek.example": [KEYS.hash_mailbox("ond@ek.example")],
        "åſa@ek.example": [None],
    }


def test_more_mailboxes_than_are_read_at_once_are_all_given_their_keys(empty_database: Database) -> None:
    migrate.upgrade(empty_database, "0012")
    addresses = [f"haſſe{n}@ek.example" for n in range(2_001)]
    with empty_database.migration_engine().begin() as conn:
        _a_case_of(conn, {address: _key_of_before(address) for address in addresses})
    migrate.upgrade(empty_database)
    assert _kept_keys(empty_database) == {address: [KEYS.hash_mailbox(address)] for address in addresses}


def test_whoever_is_signed_in_by_a_key_that_several_mailboxes_had_signs_in_again(
    empty_database: Database,
) -> None:
    migrate.upgrade(empty_database, "0012")
    shared, other = KEYS.hash_mailbox("hasse@ek.example"), KEYS.hash_mailbox("eva@ek.example")
    with empty_database.migration_engine().begin() as conn:
        _a_case_of(conn, {"hasse@ek.example": shared, "haſſe@ek.example": shared})
        of = (("applicant", shared), ("applicant", other), ("officer", "anna"))
        _insert(conn, "session", *({"id": who, "kind": kind, "who": who} for kind, who in of))
        _insert(conn, "sign_in", *({"id": key[:32], "mailbox": key} for key in (shared, other)))
    migrate.upgrade(empty_database)
    with empty_database.migration_engine().connect() as conn:
        assert set(conn.execute(text("SELECT who FROM session")).scalars()) == {other, "anna"}
        assert set(conn.execute(text("SELECT mailbox FROM sign_in")).scalars()) == {other}


def _key_of_before(address: str) -> str:
    return hmac.digest(KEYS.derive("mailbox"), address.strip().casefold().encode(), "sha256").hex()


def _kept_keys(database: Database) -> dict[str, list[str | None]]:
    kept: dict[str, list[str | None]] = {}
    with database.migration_engine().connect() as conn:
        for email, mailbox in conn.execute(text("SELECT email, mailbox FROM applicant")):
            kept.setdefault(email, []).append(mailbox)
    return kept


def _a_case_of(conn: Connection, mailboxes: Mapping[str, str | None]) -> None:
    """A case whose applicants have those addresses, each with its key."""
    _insert(conn, "definition", {"digest": "d"})
    _insert(conn, "case", {"id": "c", "definition": "d"})
    applicants = [
        {"id": uuid.uuid4().hex, "case_id": "c", "email": address, "mailbox": mailbox}
        for address, mailbox in mailboxes.items()
    ]
    _insert(conn, "applicant", *applicants)


def _insert(conn: Connection, name: str, *rows: dict[str, str | None]) -> None:
    """Rows with what is given, and something in each other column that must have it."""
    table = Table(name, MetaData(), autoload_with=conn)
    all_ = {column.name: _something(column) for column in table.columns if not column.nullable}
    conn.execute(table.insert(), [all_ | row for row in rows])


def _something(column: Column[Any]) -> Any:
    for kind, value in ((DateTime, datetime(2026, 11, 23, tzinfo=UTC)), (Boolean, False), (Integer, 0)):
        if isinstance(column.type, kind):
            return value
    return ""


def test_the_newest_migration_is_the_head_that_alembic_finds() -> None:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.latest_revision()]
