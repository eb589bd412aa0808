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
from bot.serving import log_to
from tests.conftest import IMPATIENT, SAMPLE
from tests.intake.documents import case, encoded, question, value
from tests.portal.browser import Page
from tests.scenarios.test_correspondence import CHILD
from tests.scenarios.test_other_doors import API, FAULT
from tests.scenarios.test_strict import CONCERN, ORO
from tests.scenarios.town_hall import (
    BUILDING,
    METRICS_TOKEN,
    PDF,
    TownHall,
    Where,
    number_in,
    open_for_business,
)

MARK = "kvarnkanarie"
"""In every text that a person writes, whatever its letters' case."""

DIGITS = ("20240517", "1749938")
"""What is only digits: a personnummer and a telephone number."""

EMAIL = f"{MARK}@ek.example"
PHONE = "070-174 99 38"
PARK = "felanmalan-gata-park"

THE_OTHER_END = ("sandbox", "mail.", "aiosmtpd", "httpx", "httpcore", "websockets")
"""Loggers of Slack's stand-in, of the mail server and of people's browsers, which share the test's process."""


def marks_in(text: str) -> list[str]:
    """Where it holds what it must not, with a little around it."""
    low = text.lower()
    found = [mark for mark in (MARK, *DIGITS) if mark in low]
    return [f"…{text[max(0, low.index(mark) - 300) : low.index(mark) + 100]}…" for mark in found]


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """The program's own log, and everybody's at DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: not record.name.startswith(THE_OTHER_END))
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    level = root.level
    log_to(stream)  # type: ignore[arg-type]
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

    hall: TownHall
    log: io.StringIO
    numbers: list[str]
    homes: list[str] = field(default_factory=list)

    async def metrics(self) -> str:
        asked = {"authorization": f"Bearer {METRICS_TOKEN}"}
        told = await self.hall.browser().client.get("/metrics", headers=asked)
        assert "delivery" in told.text
        return told.text


@pytest.fixture(params=["http", "socket"])
async def day(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Day]:
    with everything_logged() as log:
        async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE, IMPATIENT), request.param) as hall:
            done = Day(hall, log, [])
            await people_apply(done)
            await machines_send(done, tmp_path)
            await officers_work(done)
            await applicants_answer(done)
            await officers_look_at_home(done)
            await things_fail(done)
            await hall.later(300)
            yield done


async def people_apply(day: Day) -> None:
    """By the web: refused first for a file and for what is missing, then taken."""
    hall, eva = day.hall, day.hall.applicant(f"Eva {MARK}", EMAIL)
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
    form = (await eva.form()).fill(**about, **{**answers, "svar_atgard": ""})
    refused = await eva.browser.send(form.attach("svar_ritningar", f"{MARK}.exe", f"MZ{MARK}".encode()))
    assert refused.status == 422
    form = refused.form().fill(**about, **answers)
    form.attach("svar_ritningar", f"{MARK}.pdf", PDF + MARK.encode())
    day.numbers.append(number_in(await eva.browser.send(form)))

    child = CHILD | {"svar_barnets_namn": f"Love {MARK}"}
    page = await eva.browser.send((await eva.form("forskola")).fill(**about), "add_person")
    both = page.form().fill(om_p1_name=MARK, om_p1_email=f"karl.{EMAIL}", **child)
    day.numbers.append(number_in(await eva.browser.send(both)))

    concern = CONCERN | {"svar_barnets_namn": MARK, "svar_oro": MARK, "svar_din_telefon": PHONE}
    form = (await eva.form(ORO)).fill(om_who="named", **about, **concern)
    form.attach("svar_filer", f"{MARK}.pdf", PDF + MARK.encode())
    day.numbers.append(number_in(await eva.browser.send(form)))
    for number in day.numbers:
        await hall.posted(number)


async def machines_send(day: Day, folder: Path) -> None:
    """Other systems and the e-service platform's documents, right and wrong ones."""
    client = day.hall.browser().client
    file = {"field": "bilder", "name": f"{MARK}.pdf", "content": base64.b64encode(PDF).decode()}
    sent = FAULT | {
        "people": [{"name": MARK, "email": EMAIL, "phone": PHONE}],
        "answers": {**FAULT["answers"], "plats": MARK},  # type: ignore[dict-item]
    }
    told = await client.post("/api/v1/cases", json=sent, headers=API)
    assert told.status_code == 201
    day.numbers.append(told.json()["number"])
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
    done = await open_eplatform.run(day.hall.program.stores.intake(), [inbox])
    assert done.opened == 1 and len(done.failed) >= 2


async def officers_work(day: Day) -> None:
    """Reading, noting, writing, undoing, in dialogs, in words and on the page."""
    hall, anna = day.hall, day.hall.officer("anna-berg")
    first, child, concern, fault = day.numbers
    await anna.presses(first, "case:take")
    await hall.posted(first, "Anna Berg")
    await anna.notes_from_card(first)
    (bjorn,) = await anna.suggest("mentions", "Björn Ek")
    await anna.fills({"text": f"Ringde {MARK}", "mentions": [bjorn["value"]]})
    await anna.close(all=True)
    await writes_in_the_thread(hall, first)
    await anna.opens_from_menu(first, "officers", "case:officers:submit")
    both = [one["value"] for name in ("Anna", "Björn") for one in await anna.suggest("holders", name)]
    await anna.fills({"holders": both, "reason": f"Semester för {MARK}"})
    await hall.posted(first, "Björn Ek")
    await anna.writes(first, f"Undo {MARK}")
    await anna.press_in_view("case:message:undo")
    await anna.sees_in_view("Meddelandet är ångrat")
    await anna.close(all=True)
    await anna.opens(first, "case:message", "case:message:preview")
    await anna.sees_in_view(MARK)  # to whom it goes
    await anna.press_in_view("template", "komplettering")
    await anna.sees_in_view("det_som_saknas")
    await anna.fill_and_submit({"text": f"{MARK} {{gap}}"})
    assert anna.errors
    await anna.fills({"text": f"Skicka {MARK}", "kind": "completion", "options": ["wait", "receipt"]})
    await anna.dialog("case:message:submit")
    await anna.fills({})
    await anna.sees_in_view("Meddelandet skickas")
    await anna.close(all=True)
    await hall.later(21)
    for words in (f"notera {first} {MARK}", f"meddela {first} {MARK}"):
        await anna.types(words)
        await anna.sees_in_view(MARK)
        await anna.close(all=True)
    for words in (f"{MARK} {first}", f"status {first} {MARK}", f"sök {MARK}", f"visa {MARK}"):
        await anna.types(words)
    await anna.sees_in_view("Uppgifter i ärendet")
    await anna.close(all=True)
    await anna.shortcut("shortcut:search")
    await anna.sees_in_view("Nummer, namn eller ord")
    await anna.fills({"text": f"Eva {MARK}"})
    await anna.sees_in_view("träff")
    await anna.close(all=True)
    await others_set_statuses(hall, child, fault)
    browser = await hall.officer("elin-sara-blind").door(concern)
    form = (await browser.get(f"/handlaggare/{concern}/notering")).form()
    page = await browser.send(form.fill(text=f"Strikt {MARK}"))
    assert MARK in page.text


async def others_set_statuses(hall: TownHall, child: str, fault: str) -> None:
    """With a message and a note in the same dialog."""
    zeynep, asa = hall.officer("zeynep-yildirim"), hall.officer("asa-nordstrom")
    await zeynep.opens(child, "case:status", "case:status:submit")
    await zeynep.press_in_view("status", "vantar")
    await zeynep.fills({"status": "vantar", "message": f"Vi saknar {MARK}", "note": MARK})
    await asa.opens(fault, "case:status", "case:status:submit")
    await asa.fills({"status": "atgardat", "message": MARK, "note": MARK})


async def writes_in_the_thread(hall: TownHall, number: str) -> None:
    """An officer's own words stand in the thread; the bot makes notes of them, and repeats none."""
    anna, card = hall.officer("anna-berg"), hall.card(number)
    said = await anna.say(card["channel"], f"Ringde {MARK}", thread_ts=card["ts"])
    await hall.noted(number, f"Ringde {MARK}")
    await anna.edit(card["channel"], said, f"Ringde inte {MARK}")
    await hall.noted(number, f"Ringde inte {MARK}")
    for words in (f"{MARK} 20240517-2392", f"/arende visa {MARK}"):
        await anna.say(card["channel"], words, thread_ts=card["ts"])
    guest = hall.officer("zeynep-yildirim")
    hall.let_in(card["channel"], guest.id)
    await guest.say(card["channel"], f"Vem är {MARK}?", thread_ts=card["ts"])
    await hall.sandbox.settle()
    await anna.delete(card["channel"], said)


async def applicants_answer(day: Day) -> None:
    """Signed in by the mail's link: too long, of a refused kind, and right; and signed out when it is sent."""
    hall = day.hall
    eva = hall.applicant(f"Eva {MARK}", EMAIL)
    for address in (f"{MARK} at home", f"nobody.{EMAIL}"):
        page = await eva.browser.get("/mina-sidor/logga-in")
        await eva.browser.send(page.form("/logga-in").fill(address=address))
    page = await eva.follows(await eva.mail(f"Vi behöver mer information i ärende {day.numbers[0]}"))
    await eva.browser.send(page.form("/kvittera"))
    assert (await eva.says(page, MARK * 2_000)).status == 422
    form = page.form(page.url.rpartition("/")[2].partition("?")[0]).fill(text=MARK)
    refused = await eva.browser.send(form.attach("files", f"{MARK}.exe", b"MZ"))
    assert refused.status == 422
    page = await eva.browser.get(page.url)
    answered = await eva.says(page, f"Här är {MARK}", uploads=(f"{MARK}.pdf",))
    assert "Vi har tagit emot det du lade till" in answered.text
    eva.browser.client.cookies.clear()
    late = await eva.says(page, f"För sent {MARK}")
    assert MARK in late.text
    await hall.later(11)


async def officers_look_at_home(day: Day) -> None:
    """Every tab: what the applicant wrote waits there, and what Elin has is strict."""
    for who, waits in (("anna-berg", "Sökanden har kompletterat"), ("elin-sara-blind", day.numbers[2])):
        officer = day.hall.officer(who)
        await officer.open_home()
        await day.hall.sandbox.settle()  # an opening that is heard late draws over what is pressed meanwhile
        for tab, title in (("todo", "Att göra ·"), ("mine", "Mina ·"), ("unhandled", "Obehandlade ·")):
            await officer.wait_until(lambda officer=officer: officer.home)  # type: ignore[misc]
            assert (await officer.press_at_home(f"home:tab:{tab}"))["ok"]
            await officer.wait_until(lambda officer=officer, title=title: title in str(officer.home))  # type: ignore[misc]
            day.homes.append(json.dumps(officer.home, ensure_ascii=False))
        assert any(waits in home for home in day.homes[-3:])


async def things_fail(day: Day) -> None:
    """A locked database, a broken one, a mailbox that refuses, and Slack away, with personal data in every hand."""
    hall, eva = day.hall, day.hall.applicant(f"Eva {MARK}", EMAIL)
    anna, first = hall.officer("anna-berg"), day.numbers[0]
    path = str(hall.program.stores.database.url.database)
    form = (await eva.form()).fill(om_p0_name=eva.name, om_p0_email=EMAIL, **BUILDING, svar_yta="12")
    await anna.notes_from_card(first)
    with held(path, "BEGIN IMMEDIATE"):
        if hall.sandbox.stage.config.mode == "http":  # each waits for the database a while
            assert (await eva.browser.send(form)).status == 503
        else:
            await anna.fill_and_submit({"text": f"Låst {MARK}"})
            assert "Inget har ändrats" in str(anna.view)
    with held(path, "ALTER TABLE history RENAME TO gone", "ALTER TABLE gone RENAME TO history"):
        page, _ = await asyncio.gather(
            eva.browser.send(form), anna.fill_and_submit({"text": f"Trasig {MARK}"})
        )
    assert page.status == 500 and "Något gick fel" in str(anna.view)
    await anna.close(all=True)

    hall.sandbox.stage.mailbox.refused |= {EMAIL: 550, f"karl.{EMAIL}": 451}
    hall.sandbox.inject("*", "cut_before", times=6)
    hall.sandbox.inject("chat.*", "error", times=2, code=f"internal_error {MARK}")
    await eva.browser.send(form)
    await hall.later(60)
    hall.sandbox.faults_off()
    await hall.later(120)
    await anna.writes(first, f"Till ingen {MARK}")
    await anna.close(all=True)
    await hall.later(30)


@contextmanager
def held(path: str, *statements: str) -> Iterator[None]:
    """Another process does the first to the database; afterwards the rest, or nothing of it."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.execute(statements[0])
    try:
        yield
    finally:
        for statement in statements[1:]:
            connection.execute(statement)
        connection.close()


async def where_they_should_be(day: Day) -> None:
    """In the store and on the case page: else their absence elsewhere would prove nothing."""
    hall, first = day.hall, day.numbers[0]
    view = await hall.case(first)
    assert [MARK in one.name for one in view.people] == [True]
    assert [MARK in message.text for message in view.messages] == [True, True, True]
    assert {MARK in note.text for note in view.notes} == {True} and len(view.notes) >= 2
    assert {MARK in file.name for file in view.files} == {True}
    browser = await hall.officer("anna-berg").door(first)
    page: Page = await browser.get(f"/handlaggare/{first}")
    assert page.text.lower().count(MARK) > 8


async def test_no_marker_is_where_it_must_not_be(day: Day) -> None:
    hall, state = day.hall, day.hall.sandbox.state()
    said = [one for place in state["channels"].values() for one in place["messages"] if one.get("bot_id")]
    mails = [
        mail.subject + mail.text + mail.html + str([pair for pair in mail.headers if pair[0] != "To"])
        for mail in hall.sandbox.mails()
    ]
    places = {
        "Slack": json.dumps(said, ensure_ascii=False),
        "Home": "\n".join(day.homes),
        "mail": "\n".join(mails),
        "the log": day.log.getvalue(),
        "an address": "\n".join(hall.doorkeeper.addresses),
        "a Slack method": "\n".join(state["counts"]),
        "the metrics": await day.metrics(),
    }
    assert all(places.values()) and len(mails) >= 10
    assert f"Du är omnämnd i {day.numbers[0]}" in places["Slack"]
    assert "Sökanden har kompletterat" in places["Slack"]  # told privately
    assert {name: marks_in(held) for name, held in places.items() if marks_in(held)} == {}
    await where_they_should_be(day)
