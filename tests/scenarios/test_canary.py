"""Every answer, name, address, message, note and file carries a marker, and no marker goes where it must not."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog

from bot.intake import open_eplatform
from bot.monitoring.log_records import validate_record
from bot.program_log import configure_logging
from tests.conftest import SAMPLE, SHORT_BUSY_MS
from tests.intake.documents import case, encoded, question, value
from tests.portal.browser import Page
from tests.scenarios.running_program import (
    BUILDING,
    METRICS_TOKEN,
    PDF,
    Installation,
    RunningProgram,
    number_in,
    run_program,
)
from tests.scenarios.test_correspondence import CHILD
from tests.scenarios.test_other_doors import API, FAULT
from tests.scenarios.test_strict import CONCERN, ORO

MARK = "kvarnkanarie"
"""In every text that a person writes, whatever its letters' case."""

DIGITS = ("20240517", "1749938")
"""What is only digits: a personnummer and a telephone number."""

EMAIL = f"{MARK}@ek.example"
PHONE = "070-174 99 38"
PARK = "felanmalan-gata-park"

THE_OTHER_END = ("sandbox", "mail.", "aiosmtpd", "httpx", "httpcore", "websockets")
"""Loggers of Slack's stand-in, of the mail server and of people's browsers, which share the test's process."""


def leaks_in(text: str) -> list[str]:
    """Where it holds what it must not, with a little around it."""
    low = text.lower()
    found = [mark for mark in (MARK, *DIGITS) if mark in low]
    return [f"…{text[max(0, low.index(mark) - 300) : low.index(mark) + 100]}…" for mark in found]


@contextmanager
def capture_all_logs() -> Iterator[io.StringIO]:
    """The program's own log, and everybody's at DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: not record.name.startswith(THE_OTHER_END))
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    level = root.level
    configure_logging(stream)  # type: ignore[arg-type]
    structlog.configure(
        cache_logger_on_first_use=False, wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG)
    )
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        structlog.reset_defaults()


@dataclass
class Day:
    """A day at the town hall, as it was written down."""

    program: RunningProgram
    log: io.StringIO
    numbers: list[str]
    homes: list[str] = field(default_factory=list)

    async def metrics(self) -> str:
        asked = {"authorization": f"Bearer {METRICS_TOKEN}"}
        result = await self.program.browser().client.get("/metrics", headers=asked)
        assert "delivery" in result.text
        return result.text


@pytest.fixture(params=["http", pytest.param("socket", marks=pytest.mark.long)])
async def day(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Day]:
    with capture_all_logs() as log:
        async with run_program(
            Installation(tmp_path, sqlite_url, SAMPLE, SHORT_BUSY_MS), request.param
        ) as program:
            done = Day(program, log, [])
            await people_apply(done)
            await machines_send(done, tmp_path)
            await officers_work(done)
            await applicants_answer(done)
            await officers_look_at_home(done)
            await things_fail(done)
            await program.advance_and_deliver(300)
            yield done


async def people_apply(day: Day) -> None:
    """By the web: refused first for a file and for what is missing, then taken."""
    program, eva = day.program, day.program.applicant(f"Eva {MARK}", EMAIL)
    about = {"om_p0_name": eva.name, "om_p0_email": EMAIL, "om_p0_phone": PHONE}
    answers = BUILDING | {
        "svar_agare": "false",
        "svar_agarens_namn": f"Karl {MARK}",
        "svar_fastighet": f"{MARK.title()} 4:12",
        "svar_beskrivning": f"En altan åt {MARK}",
        "svar_adress__street": f"{MARK}gatan 1",
        "svar_adress__city": MARK,
        "svar_adress__postcode": "123 45",
    }
    form = (await eva.open_form()).fill(**about, **{**answers, "svar_atgard": ""})
    refused = await eva.browser.submit(form.attach("svar_ritningar", f"{MARK}.exe", f"MZ{MARK}".encode()))
    assert refused.status == 422
    form = refused.form().fill(**about, **answers)
    form.attach("svar_ritningar", f"{MARK}.pdf", PDF + MARK.encode())
    day.numbers.append(number_in(await eva.browser.submit(form)))

    child = CHILD | {"svar_barnets_namn": f"Love {MARK}"}
    page = await eva.browser.send((await eva.open_form("forskola")).fill(**about), "add_person")
    both = page.form().fill(om_p1_name=MARK, om_p1_email=f"karl.{EMAIL}", **child)
    day.numbers.append(number_in(await eva.browser.submit(both)))

    concern = CONCERN | {"svar_barnets_namn": MARK, "svar_oro": MARK, "svar_din_telefon": PHONE}
    form = (await eva.open_form(ORO)).fill(om_who="named", **about, **concern)
    form.attach("svar_filer", f"{MARK}.pdf", PDF + MARK.encode())
    day.numbers.append(number_in(await eva.browser.submit(form)))
    for number in day.numbers:
        await program.wait_for_card(number)


async def machines_send(day: Day, folder: Path) -> None:
    """Other systems and the e-service platform's documents, right and wrong ones."""
    client = day.program.browser().client
    file = {"field": "bilder", "name": f"{MARK}.pdf", "content": base64.b64encode(PDF).decode()}
    sent = FAULT | {
        "people": [{"name": MARK, "email": EMAIL, "phone": PHONE}],
        "answers": {**FAULT["answers"], "plats": MARK},  # type: ignore[dict-item]
    }
    result = await client.post("/api/v1/cases", json=sent, headers=API)
    assert result.status_code == 201
    day.numbers.append(result.json()["number"])
    wrong = [
        {**sent, "external_id": "2", MARK: MARK},
        {**sent, "external_id": "3", "answers": {"typ": MARK, MARK: MARK}, "files": [file]},
        {**sent, "external_id": "4", "people": [{"name": MARK, "email": f"{MARK} at home"}]},
        {**sent, "external_id": MARK * 50},
        [MARK],
    ]
    for one in wrong:
        assert (await client.post("/api/v1/cases", json=one, headers=API)).status_code == 422
    half = json.dumps(sent)[:-9].encode()
    kind = {"content-type": "application/json"}
    assert (await client.post("/api/v1/cases", content=half, headers=API | kind)).status_code in (400, 422)
    assert (await client.post("/api/v1/cases", json=sent, headers={"Authorization": MARK})).status_code == 401

    person = f"<Firstname>{MARK}</Firstname><Lastname>Ek</Lastname><Email>{EMAIL}</Email><ID>7</ID>"
    people = f"<Poster>{person}</Poster><Owner>{person}</Owner>"
    answer = question(1, "Fakturan ska skickas till:", value(MARK))
    documents = {
        "right.xml": encoded(case(answer, people=people)),
        "cut.xml": encoded(case(answer, people=people))[:-80],
        "stranger.xml": encoded(case(answer, people=people, family=999, id=1002)),
        "nameless.xml": encoded(case(answer, people=people, id=MARK)),
    }
    inbox = folder / "inbox"
    inbox.mkdir()
    for name, content in documents.items():
        (inbox / name).write_bytes(content)
    done = await open_eplatform.import_documents(day.program.app.stores.intake_dependencies(), [inbox])
    assert done.opened == 1 and len(done.failed) >= 2


async def officers_work(day: Day) -> None:
    """Reading, noting, writing, undoing, in dialogs, in words and on the page."""
    program, anna = day.program, day.program.officer("anna-berg")
    first, child, concern, fault = day.numbers
    await anna.press_on_card(first, "case:take")
    await program.wait_for_card(first, "Anna Berg")
    await anna.open_note_form(first)
    (bjorn,) = await anna.suggest("mentions", "Björn Ek")
    await anna.fill_in({"text": f"Ringde {MARK}", "mentions": [bjorn["value"]]})
    await anna.close(all=True)
    await writes_in_the_thread(program, first)
    await anna.open_tool(first, "case:officers", "case:officers:submit")
    both = [one["value"] for name in ("Anna", "Björn") for one in await anna.suggest("holders", name)]
    await anna.fill_in({"holders": both, "reason": f"Semester för {MARK}"})
    await anna.close(all=True)
    await program.wait_for_card(first, "Björn Ek")
    await anna.send_message(first, f"Undo {MARK}")
    await anna.press_in_view("case:message:undo")
    await anna.wait_for_view_text("Meddelandet är ångrat")
    await anna.close(all=True)
    await anna.open_dialog(first, "case:message", "case:message:preview")
    await anna.wait_for_view_text(MARK)  # to whom it goes
    await anna.press_in_view("template", "komplettering")
    await anna.wait_for_view_text("det_som_saknas")
    await anna.fill_and_submit({"text": f"{MARK} {{gap}}"})
    assert anna.errors
    await anna.fill_in(
        {"text": f"Skicka {MARK}", "kind": "completion", "options": ["receipt"], "status_after": "vantar"}
    )
    await anna.wait_for_dialog("case:message:submit")
    await anna.fill_in({})
    await anna.wait_for_view_text("Meddelandet skickas")
    await anna.close(all=True)
    await program.advance_and_deliver(21)
    for words in (f"notera {first} {MARK}", f"meddela {first} {MARK}"):
        await anna.run_command(words)
        await anna.wait_for_view_text(MARK)
        await anna.close(all=True)
    for words in (f"{MARK} {first}", f"status {first} {MARK}", f"sök {MARK}", f"visa {MARK}"):
        await anna.run_command(words)
    await anna.run_command(f"visa {first}")
    await anna.wait_for_view_text("Uppgifter i ärendet")
    await anna.close(all=True)
    await anna.shortcut("shortcut:search")
    await anna.wait_for_view_text("Nummer, namn eller ord")
    await anna.fill_in({"text": f"Eva {MARK}"})
    await anna.wait_for_view_text("träff")
    await anna.close(all=True)
    await others_set_statuses(program, child, fault)
    browser = await program.officer("elin-sara-blind").open_case_page(concern)
    form = (await browser.get(f"/handlaggare/{concern}/notering")).form()
    page = await browser.send(form.fill(text=f"Strikt {MARK}"))
    assert MARK in page.text


async def others_set_statuses(program: RunningProgram, child: str, fault: str) -> None:
    """With a note in the dialog, or with a message that is previewed first."""
    zeynep, asa = program.officer("zeynep-yildirim"), program.officer("asa-nordstrom")
    await zeynep.open_dialog(child, "case:status", "case:status:submit")
    await zeynep.press_in_view("status", "vantar")
    await zeynep.press_in_view("case:status:message")
    await zeynep.wait_for_dialog("case:message:preview")
    await zeynep.fill_in({"text": f"Vi saknar {MARK}"})
    await zeynep.wait_for_dialog("case:message:submit")
    await zeynep.fill_in({})
    await asa.open_dialog(fault, "case:status", "case:status:submit")
    await asa.fill_in({"status": "atgardat", "note": MARK})
    await program.advance_and_deliver(21)
    await program.advance_and_deliver(601)  # mails about the status are gathered that long


async def writes_in_the_thread(program: RunningProgram, number: str) -> None:
    """An officer's own words stand in the thread; the bot makes notes of them, and repeats none."""
    anna, card = program.officer("anna-berg"), program.card(number)
    wording = await anna.say(card["channel"], f"Ringde {MARK}", thread_ts=card["ts"])
    await program.wait_for_note(number, f"Ringde {MARK}")
    await anna.edit(card["channel"], wording, f"Ringde inte {MARK}")
    await program.wait_for_note(number, f"Ringde inte {MARK}")
    for words in (f"{MARK} 20240517-2392", f"/arende visa {MARK}"):
        await anna.say(card["channel"], words, thread_ts=card["ts"])
    guest = program.officer("zeynep-yildirim")
    program.add_to_channel(card["channel"], guest.id)
    await guest.say(card["channel"], f"Vem är {MARK}?", thread_ts=card["ts"])
    await program.sandbox.settle()
    await anna.delete(card["channel"], wording)


async def applicants_answer(day: Day) -> None:
    """Signed in by the mail's link: too long, of a refused kind, and right; and signed out when it is sent."""
    program = day.program
    eva = program.applicant(f"Eva {MARK}", EMAIL)
    for address in (f"{MARK} at home", f"nobody.{EMAIL}"):
        page = await eva.browser.get("/mina-sidor/logga-in")
        await eva.browser.send(page.form("/logga-in").fill(address=address))
    page = await eva.follow_mail(
        await eva.wait_for_mail(f"Vi behöver mer information i ärende {day.numbers[0]}")
    )
    await eva.browser.send(page.form("/kvittera"))
    assert (await eva.reply(page, MARK * 2_000)).status == 422
    form = page.form(page.url.rpartition("/")[2].partition("?")[0]).fill(text=MARK)
    refused = await eva.browser.send(form.attach("files", f"{MARK}.exe", b"MZ"))
    assert refused.status == 422
    page = await eva.browser.get(page.url)
    answered = await eva.reply(page, f"Här är {MARK}", uploads=(f"{MARK}.pdf",))
    assert "Vi har tagit emot det du lade till" in answered.text
    eva.browser.client.cookies.clear()
    late = await eva.reply(page, f"För sent {MARK}")
    assert MARK in late.text
    await program.advance_and_deliver(11)


async def officers_look_at_home(day: Day) -> None:
    """Every tab: what the applicant wrote waits there, and what Elin has is strict."""
    for who, waits in (("anna-berg", "Sökanden har kompletterat"), ("elin-sara-blind", day.numbers[2])):
        officer = day.program.officer(who)
        before = officer.home
        await officer.open_home()
        # An opening that is heard late draws over what is pressed meanwhile.
        await officer.wait_until(
            lambda officer=officer, before=before: (
                officer.home and officer.home["hash"] != (before or {}).get("hash")
            )  # type: ignore[misc]
        )
        for tab, title in (("todo", "Att göra ·"), ("mine", "Mina ·"), ("unhandled", "Obehandlade ·")):
            await officer.wait_until(lambda officer=officer: officer.home)  # type: ignore[misc]
            assert (await officer.press_at_home(f"home:tab:{tab}"))["ok"]
            await officer.wait_until(lambda officer=officer, title=title: title in str(officer.home))  # type: ignore[misc]
            day.homes.append(json.dumps(officer.home, ensure_ascii=False))
        assert any(waits in home for home in day.homes[-3:])


async def things_fail(day: Day) -> None:
    """A locked database, a broken one, a mailbox that refuses, and Slack away, with personal data in every hand."""
    program, eva = day.program, day.program.applicant(f"Eva {MARK}", EMAIL)
    anna, first = program.officer("anna-berg"), day.numbers[0]
    path = str(program.app.stores.database.url.database)
    form = (await eva.open_form()).fill(om_p0_name=eva.name, om_p0_email=EMAIL, **BUILDING, svar_yta="12")
    await anna.open_note_form(first)
    with database_held(path, "BEGIN IMMEDIATE"):
        if program.sandbox.shared.config.mode == "http":  # each waits for the database a while
            assert (await eva.browser.submit(form)).status == 503
        else:
            await anna.fill_and_submit({"text": f"Låst {MARK}"})
            assert "Inget har ändrats" in str(anna.view)
    with database_held(path, "ALTER TABLE history RENAME TO gone", "ALTER TABLE gone RENAME TO history"):
        page, _ = await asyncio.gather(
            eva.browser.submit(form), anna.fill_and_submit({"text": f"Trasig {MARK}"})
        )
    assert page.status == 500 and "Något gick fel" in str(anna.view)
    await anna.close(all=True)

    program.sandbox.shared.mailbox.refused |= {EMAIL: 550, f"karl.{EMAIL}": 451}
    program.sandbox.inject("*", "cut_before", times=6)
    program.sandbox.inject("chat.*", "error", times=2, code=f"internal_error {MARK}")
    await eva.browser.submit(form)
    await program.advance_and_deliver(60)
    program.sandbox.faults_off()
    await program.advance_and_deliver(120)
    await anna.send_message(first, f"Till ingen {MARK}")
    await anna.close(all=True)
    await program.advance_and_deliver(30)


@contextmanager
def database_held(path: str, *statements: str) -> Iterator[None]:
    """Another process does the first to the database; afterwards the rest, or nothing of it."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.execute(statements[0])
    try:
        yield
    finally:
        for statement in statements[1:]:
            connection.execute(statement)
        connection.close()


async def assert_stored_where_expected(day: Day) -> None:
    """In the store and on the case page: else their absence elsewhere would prove nothing."""
    program, first = day.program, day.numbers[0]
    view = await program.load_case(first)
    assert [MARK in one.name for one in view.people] == [True]
    assert [MARK in message.text for message in view.messages] == [True, True, True]
    assert {MARK in note.text for note in view.notes} == {True} and len(view.notes) >= 2
    assert {MARK in file.name for file in view.files} == {True}
    browser = await program.officer("anna-berg").open_case_page(first)
    page: Page = await browser.get(f"/handlaggare/{first}")
    assert page.text.lower().count(MARK) > 8


async def test_no_marker_is_where_it_must_not_be(day: Day) -> None:
    program, state = day.program, day.program.sandbox.state()
    wording = [one for place in state["channels"].values() for one in place["messages"] if one.get("bot_id")]
    mails = [
        mail.subject + mail.text + mail.html + str([pair for pair in mail.headers if pair[0] != "To"])
        for mail in program.sandbox.mails()
    ]
    places = {
        "Slack": json.dumps(wording, ensure_ascii=False),
        "Home": "\n".join(day.homes),
        "mail": "\n".join(mails),
        "the log": day.log.getvalue(),
        "an address": "\n".join(program.address_recorder.addresses),
        "a Slack method": "\n".join(state["counts"]),
        "the metrics": await day.metrics(),
    }
    assert all(places.values()) and len(mails) >= 10
    assert f"Du är omnämnd i {day.numbers[0]}" in places["Slack"]
    assert "Sökanden har kompletterat" in places["Slack"]  # told privately
    assert {name: leaks_in(held) for name, held in places.items() if leaks_in(held)} == {}
    records = [validate_record(line) for line in places["the log"].splitlines() if line.startswith("{")]
    assert len({type(record) for record in records}) > 10
    await assert_stored_where_expected(day)
