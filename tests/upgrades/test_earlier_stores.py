"""A store that an earlier version has filled is brought up to date, proven, and worked with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select, text

from bot.catalog import Catalog
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.domain.editing import AnswerChange, EditCase
from bot.domain.lists.case_query import CaseQuery
from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.domain.views import CardView
from bot.store import Database, Tx
from bot.store.cases import indexing, officer_queries, system_queries
from bot.store.engine import migrate
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.tables import CaseRow
from bot.store.verification import proof
from sandbox.from_catalog import slack_id
from tests.conftest import SAMPLE, Clock
from tests.handlers.slack_harness import SlackHarness, open_harness
from tests.scenarios.running_program import workspace_for
from tests.upgrades.earlier_stores import EarlierStore, list_stored, load_store
from tests.upgrades.make_stores import COMMITS

NEW_ANSWER = "En altan och ett förråd"

STORED = sorted(list_stored())

TRIED = [
    pytest.param(revision, kind, marks=() if revision == min(COMMITS) else pytest.mark.long)
    for revision, kind in STORED
]
"""Of earlier stores `make test` tries the oldest, which all migrations bring up."""

ADDED_TO = (
    *(
        "0002",
        "0003",
        "0010",
        "0011",
        "0014",
        "0016",
        "0017",
        "0019",
        "0020",
        "0022",
        "0023",
        "0024",
        "0025",
        "0026",
    ),
    *(
        "0028",
        "0029",
        "0030",
        "0033",
        "0034",
        "0035",
        "0037",
        "0038",
        "0039",
        "0042",
        "0043",
        "0045",
        "0046",
        "0047",
        "0048",
        "0049",
        "0050",
    ),
)
"""Revisions of which no store is kept, since the next migration only adds to them."""

NEVER_NEWEST = ("0007", "0013", "0041")
"""Revisions of which there can be no store, since they came to main together with the next one."""

MOVES_DATA = re.compile(
    r"\bUPDATE\b(?! OF| ON|')|INSERT INTO|DELETE FROM|sa\.(update|delete)\(|drop_column|recreate="
)


def _migrations() -> dict[str, str]:
    """The source of each migration, by its revision and in their order."""
    files = sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))
    return {file.name[:4]: file.read_text("utf-8") for file in files}


def test_each_revision_before_the_newest_has_a_store_or_a_reason_for_having_none() -> None:
    revisions = list(_migrations())[:-1]  # the tests of everything else fill stores of the newest
    missing = set(revisions) - {*COMMITS, *ADDED_TO, *NEVER_NEWEST}
    assert not missing, (
        f"{sorted(missing)}: add the last commit of that revision to COMMITS in tests/upgrades/make_stores.py and run "
        "python -m tests.upgrades.make_stores REVISION, or add it to ADDED_TO, if the next migration moves no data"
    )
    assert {revision for revision, _ in STORED} == set(COMMITS)


def test_a_revision_whose_data_the_next_migration_moves_has_a_store() -> None:
    migrations = _migrations()
    pairs = zip(migrations, list(migrations.values())[1:], strict=False)
    moved = {before for before, source in pairs if MOVES_DATA.search(source)}
    assert not moved & set(ADDED_TO)


@pytest.mark.parametrize(("revision", "empty_database"), TRIED, indirect=["empty_database"])
async def test_what_an_earlier_version_has_stored_is_brought_up_proven_and_worked_with(
    revision: str, empty_database: Database, catalog: Catalog
) -> None:
    database = empty_database
    store = load_store(revision, "sqlite" if database.is_sqlite else "postgresql")
    url = database.url.set(drivername="sqlite" if database.is_sqlite else "postgresql")
    store.restore(url.render_as_string(hide_password=False))
    events = database.read_sync(_count_events)
    migrate.upgrade(database)
    _index(database)
    assert database.read_sync(_count_events) == events > 20
    _prove(database)
    clock = Clock(database.read_sync(_newest_change) + timedelta(days=1))
    async with open_harness(database, catalog, clock, people=workspace_for(SAMPLE)) as harness:
        pressed = await _press_a_card_of_then(harness, store)
        await _work_with_another(harness, pressed)
    _prove(database)


def _index(database: Database) -> None:
    before = indexing.FROM_NEWEST
    while before:
        before = database.write_sync(partial(indexing.index_batch, before=before)).next_before


def _prove(database: Database) -> None:
    report = database.read_sync(proof.verify)
    assert report.ok and report.cases > 10, report.findings


def _count_events(tx: Tx) -> int:
    return int(tx.conn.execute(text("SELECT count(*) FROM history")).scalar_one())


def _newest_change(tx: Tx) -> datetime:
    newest = tx.conn.execute(select(func.max(CaseRow.changed_at))).scalar_one()
    assert newest is not None
    return newest


async def _press_a_card_of_then(harness: SlackHarness, store: EarlierStore) -> str:
    """An officer takes a case by the button of a card that was posted then. Returns the case's id."""
    case, card = await _find_free_card(harness, store)
    officer = harness.catalog.officers_with_access(case.service, harness.clock().date())[0].key
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=card["channel"], text="Kort", blocks=card["blocks"])
    await harness.person(slack_id("U", officer)).press(card["channel"], str(posted["ts"]), "case:take")
    await harness.wait_until_idle()
    taken = await _load(harness, case.id)
    assert taken.officers == (officer,), harness.last_ephemeral(slack_id("U", officer))
    return case.id


async def _find_free_card(harness: SlackHarness, store: EarlierStore) -> tuple[Case, Mapping[str, Any]]:
    """A case that nobody has, and its card among those that are kept."""
    for card in store.cards:
        (case_id,) = set(re.findall(r"[0-9a-f]{32}", json.dumps(card["blocks"])))
        case = await _load(harness, case_id)
        if not case.assignees and case.closed_at is None and not case.protected:
            return case, card
    raise AssertionError("none of the kept cards is of a case that nobody has")


async def _load(harness: SlackHarness, case_id: str) -> Case:
    view = await harness.read(lambda tx: system_queries.load_card(tx, case_id))
    assert isinstance(view, CardView)
    return view.case


async def _work_with_another(harness: SlackHarness, pressed: str) -> None:
    """Anna finds another case by its number, and does what is done to a case until it is closed."""
    case = await _find_another(harness, pressed)
    is_it = {"case_id": case.id}
    if "anna-berg" not in case.officers:
        mode = "together" if case.officers else "alone"
        await harness.perform("anna-berg", TakeCase(**is_it, mode=mode, expected=case.officers))
    view = await harness.read(
        lambda tx: officer_queries.load_case_view(tx, harness.officer("anna-berg"), case.id)
    )
    change = AnswerChange(field="beskrivning", before=view.answers.get("beskrivning"), after=NEW_ANSWER)
    edit = EditCase(
        **is_it,
        expected=view.case.answers_version,
        answers=view.answers | {"beskrivning": NEW_ANSWER},
        changes=(change,),
        reason="Sökanden ringde",
    )
    for command in (edit, AddNote(**is_it, text="Ringde."), SendMessage(**is_it, text="Tack för ansökan.")):
        await harness.perform("anna-berg", command)
    await harness.perform(
        "anna-berg", SetStatus(**is_it, status="aterkallat", expected=case.status, note="Per mejl.")
    )
    view = await harness.read(
        lambda tx: officer_queries.load_case_view(tx, harness.officer("anna-berg"), case.id)
    )
    assert view.case.closed_at is not None and view.answers["beskrivning"] == NEW_ANSWER
    assert view.messages[-1].text == "Tack för ansökan." and len(view.history) == view.case.seq
    assert await _search(harness, "förråd") == [case.id]


async def _find_another(harness: SlackHarness, pressed: str) -> Case:
    for case_id in await _search(harness, ""):
        case = await _load(harness, case_id)
        if (
            case.service == "bygglov"
            and case.status == "inskickat"
            and case_id != pressed
            and not case.protected
        ):
            assert await _search(harness, case.number) == [case_id]
            return case
    raise AssertionError("Anna has no other case to work with")


async def _search(harness: SlackHarness, words: str) -> list[str]:
    """The ids of the cases that Anna finds."""
    context = ListContext(harness.officer("anna-berg"), harness.clock(), harness.catalog)
    found: list[str] = await harness.read(
        lambda tx: CaseQueries(tx, context).ids(CaseQuery(text=words), limit=100)
    )
    return found
