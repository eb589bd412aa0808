"""What waits to be written is committed together, and each act succeeds or fails alone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text

from bot.store import Database, DiskFull, Tx
from bot.store.engine import writers
from tests.conftest import KEYS, PATIENCE


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Database]:
    """A database with one table of words."""
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}", KEYS)
    database.write_sync(lambda tx: tx.conn.execute(text("CREATE TABLE word (said TEXT UNIQUE)")))
    yield database
    database.close()


def insert_word(word: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        tx.conn.execute(text("INSERT INTO word VALUES (:word)"), {"word": word})
        return word

    return work


def list_words(tx: Tx) -> list[str]:
    return list(tx.conn.execute(text("SELECT said FROM word ORDER BY rowid")).scalars())


@asynccontextmanager
async def held_writer(database: Database) -> AsyncIterator[None]:
    """A write that goes on during the block, so that those that are called in it wait."""
    going, may_end = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        going.set()
        may_end.wait(5)

    writing = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(going.wait, 5)
    yield
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.wait([writing])  # what becomes of it is not what is asked here


def call(database: Database, *works: Callable[[Tx], str]) -> list[asyncio.Task[str]]:
    return [asyncio.create_task(database.write(work)) for work in works]


async def run_queued(database: Database, *works: Callable[[Tx], str]) -> list[str | BaseException]:
    """What comes of works that all wait while another is written."""
    async with held_writer(database):
        waiting = call(database, *works)
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_those_who_wait_are_committed_together_in_their_order(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MAX_BATCH_SECONDS", PATIENCE)  # a slow machine ends no batch
    commits: list[object] = []
    event.listen(ledger.migration_engine(), "commit", commits.append)
    words = [f"ord {n}" for n in range(20)]
    assert await run_queued(ledger, *map(insert_word, words)) == words
    assert await ledger.read(list_words) == words
    assert len(commits) <= 2


async def test_a_press_shares_no_transaction_with_what_is_done_in_the_background_and_goes_first(
    ledger: Database,
) -> None:
    commits: list[object] = []
    event.listen(ledger.migration_engine(), "commit", commits.append)
    async with held_writer(ledger):
        with writers.in_background():
            behind = call(ledger, insert_word("mängd 1"), insert_word("mängd 2"))
        presses = call(ledger, insert_word("tryck 1"), insert_word("tryck 2"))
    await asyncio.gather(*presses, *behind)
    assert await ledger.read(list_words) == ["tryck 1", "tryck 2", "mängd 1", "mängd 2"]
    assert len(commits) == 3  # of the presses, and of each in the background


async def test_what_is_done_in_the_background_does_not_wait_for_ever(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MAX_BACKGROUND_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(writers, "MAX_BATCH_SIZE", 1)
    async with held_writer(ledger):
        with writers.in_background():
            behind = call(ledger, insert_word("mängd"))
        presses = call(ledger, insert_word("tryck 1"), insert_word("tryck 2"))
    await asyncio.gather(*presses, *behind)
    assert (await ledger.read(list_words))[0] == "mängd"


async def test_one_whose_act_fails_is_told_and_leaves_nothing_and_the_others_stand(ledger: Database) -> None:
    def half_done(tx: Tx) -> str:
        insert_word("halv")(tx)
        raise ValueError("mitt i")

    before, failed, after = await run_queued(ledger, insert_word("före"), half_done, insert_word("efter"))
    assert (before, after) == ("före", "efter")
    assert isinstance(failed, ValueError)
    assert await ledger.read(list_words) == ["före", "efter"]


@pytest.mark.parametrize("batch_seconds", [0.0, PATIENCE], ids=["each alone", "together"])
async def test_nobody_is_told_that_it_stands_when_the_disk_is_full_and_all_is_undone(
    ledger: Database, monkeypatch: pytest.MonkeyPatch, batch_seconds: float
) -> None:
    monkeypatch.setattr(writers, "MAX_BATCH_SECONDS", batch_seconds)

    def much(tx: Tx) -> str:
        pages = tx.conn.execute(text("PRAGMA page_count")).scalar()
        tx.conn.execute(text(f"PRAGMA max_page_count = {pages}"))
        return insert_word("mycket" * 5_000)(tx)

    outcomes = await run_queued(ledger, insert_word("före"), much, insert_word("efter"))
    assert isinstance(outcomes[1], DiskFull)
    assert [one for one in outcomes if isinstance(one, str)] == await ledger.read(list_words)
    (last,) = await run_queued(ledger, much)
    assert isinstance(last, DiskFull) and ledger.was_full


async def test_one_who_fails_first_takes_nobody_along(ledger: Database) -> None:
    async def fails() -> None:
        await ledger.write(lambda tx: tx.conn.execute(text("INSERT INTO none VALUES (1)")))

    outcomes = await asyncio.gather(
        fails(), ledger.write(insert_word("ett")), ledger.write(insert_word("två")), return_exceptions=True
    )
    assert outcomes[1:] == ["ett", "två"]
    assert isinstance(outcomes[0], Exception)
    assert await ledger.read(list_words) == ["ett", "två"]


async def test_nobody_is_answered_before_it_is_on_the_disk(ledger: Database, tmp_path: Path) -> None:
    async def seen_by_another(word: str) -> bool:
        await ledger.write(insert_word(word))
        with sqlite3.connect(tmp_path / "ledger.db") as other:
            return other.execute("SELECT 1 FROM word WHERE said = ?", [word]).fetchone() is not None

    assert all(await asyncio.gather(*(seen_by_another(f"ord {n}") for n in range(10))))


async def test_one_who_has_given_up_waiting_has_done_nothing(ledger: Database) -> None:
    given_up = asyncio.create_task(ledger.write(insert_word("ångrat")))
    given_up.cancel()
    await run_queued(ledger, insert_word("kvar"))
    assert await ledger.read(list_words) == ["kvar"]


def test_what_was_asked_for_is_finished_before_it_closes(tmp_path: Path) -> None:
    async def asks() -> None:
        database = Database(f"sqlite:///{tmp_path / 'ledger.db'}", KEYS)
        await database.write(lambda tx: tx.conn.execute(text("CREATE TABLE word (said TEXT UNIQUE)")))
        asked = [asyncio.create_task(database.write(insert_word(f"ord {n}"))) for n in range(30)]
        await asyncio.sleep(0)
        database.close()
        await asyncio.gather(*asked)

    asyncio.run(asks())
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        assert other.execute("SELECT count(*) FROM word").fetchone() == (30,)
