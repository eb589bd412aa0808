"""The case file (akt): all of a case in one file, which can be proved long after the case is gone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import validator_for
from lxml import html

from bot.catalog.models import Catalog
from bot.clients.pdf import typesetter
from bot.domain.case_record import CaseRecord
from bot.domain.contacts import Contact
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.representatives import AddRepresentative, EndRepresentative
from bot.domain.status import SetStatus
from bot.export.case_file import BrokenCaseFile, read_case_file
from bot.store import Database
from bot.store.engine.keys import Keys
from bot.store.log import history, readings
from bot.store.verification.case_file_proof import verify_record
from bot.text.working_days import local_time
from tests.clients.pdf_reading import require_archivable
from tests.conftest import Clock
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog

PLACE = "/handlaggare/2026-000001/sammanstallning"


@pytest.fixture
def portal(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    """A municipality whose officers all see all cases, so that replies in threads become notes."""
    catalog = portal_catalog().model_dump(by_alias=True, exclude_unset=True)
    for service in catalog["services"].values():
        service["officers"] = [one for one in service["officers"] if one["officer"] != "rut"]
        service["classification"] = {"code": "3.4.1", "scheme": "KLASSA 2026"}
        service["registered_messages"] = ["decision", "completion"]
    return create_portal(impatient_database, Catalog.model_validate(catalog), clock, tmp_path)


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """A case in which everything has happened: files, messages, one undone, notes, one edited, an ended helper."""
    form = (await filled(eva)).fill(om_p0_name="محمد علي 😀", svar_vad="En altan")
    await eva.submit(form.attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    anna, applicant = portal.officer("anna"), await portal.applicant(case.id)
    await portal.service.perform(SendMessage(case_id=case.id, text="Fel ärende"), anna)
    (undone,) = (await portal.view_case(case.id)).case.pending
    for command in (
        UndoMessage(case_id=case.id, message_id=undone.id),
        SendMessage(case_id=case.id, text="Vi har börjat."),
        AddNote(case_id=case.id, text="Granne ringde."),
        AddNote(case_id=case.id, text="Utkast", source=ReplySource("C1:1.0")),
        ReviseNote(case_id=case.id, text="Utkast två", source=ReplySource("C1:1.0", "1.5")),
        SetStatus(case_id=case.id, status="working", expected="submitted"),
    ):
        await portal.service.perform(command, anna)
    await portal.service.perform(ReceiveMessage(case_id=case.id, text="Tack!"), applicant)
    helper = Contact(name="Olle Ombud")
    await portal.service.perform(
        AddRepresentative(case_id=case.id, contact=helper, language="sv", reason="Fullmakt"), anna
    )
    _, person = await portal.people(case.id)
    ended = EndRepresentative(case_id=case.id, person=person, expected=0, reason="Återkallad")
    await portal.service.perform(ended, anna)
    portal.clock.advance(minutes=1)
    return str(case.id)


async def fetch(officer: Browser, **choices: str) -> httpx.Response:
    form = (await officer.get(PLACE)).form("/akt")
    return await officer.client.post(
        form.action, data=dict(form.values) | choices, headers={"sec-fetch-site": "same-origin"}
    )


async def fetch_whole(portal: Portal, case_id: str) -> bytes:
    anna, _ = await enters(portal, case_id)
    answer = await fetch(anna, noteringar="1")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    return answer.content


def read(content: bytes) -> CaseRecord:
    return read_case_file(io.BytesIO(content))


async def test_what_is_read_from_the_file_is_the_case_as_the_store_has_it(
    portal: Portal, case_id: str
) -> None:
    record = read(await fetch_whole(portal, case_id))
    view = await portal.view_case(case_id)
    for part in (
        "case",
        "definition",
        "answers",
        "people",
        "ended_people",
        "messages",
        "notes",
        "file_lines",
        "submitted",
    ):
        assert getattr(record.view, part) == getattr(view, part), part
    replayed = None
    for event in record.log:
        replayed = history.parse_event(event.meta).apply(replayed)
    assert replayed == view.case
    assert verify_record(record, portal.deps.keys) == []
    assert (record.service.classification, record.service.classification_scheme) == ("3.4.1", "KLASSA 2026")
    messages = {one.id for one in record.documents if one.kind == "message"}
    assert set(record.unregistered) == messages


async def test_documents_lie_by_their_numbers_beside_a_summary_for_people(
    portal: Portal, case_id: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(await fetch_whole(portal, case_id))) as archive:
        documents = {name for name in archive.namelist() if name.startswith("handlingar/")}
        assert documents == {
            "handlingar/2026-000001-2 plan.pdf",
            "handlingar/2026-000001-4 meddelande.txt",
            "handlingar/2026-000001-5 notering.txt",
            "handlingar/2026-000001-6 notering.txt",
            "handlingar/2026-000001-7 meddelande.txt",
        }
        assert archive.read("handlingar/2026-000001-2 plan.pdf") == PDF
        assert "Utkast två" in archive.read("handlingar/2026-000001-6 notering.txt").decode()
        require_archivable(archive.read("sammanstallning.pdf"), "sv")
        schema = json.loads(archive.read("arende.schema.json"))
        assert validator_for(schema).is_valid(json.loads(archive.read("arende.json")))


async def test_each_document_is_dated_when_it_came_and_the_rest_when_the_file_was_made(
    portal: Portal, case_id: str
) -> None:
    content = await fetch_whole(portal, case_id)
    record = read(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        dates = {one.filename: one.date_time for one in archive.infolist()}
    times = {f"2026-000001-{one.position}": one.at for one in record.documents}
    documents = {name: at for name, at in dates.items() if name.startswith("handlingar/")}
    assert documents
    for name, date_time in documents.items():
        at = times[name.removeprefix("handlingar/").split()[0]]
        # A zip file counts in steps of two seconds.
        assert date_time[:5] == local_time(at).timetuple()[:5], name
    rest = {date_time[:5] for name, date_time in dates.items() if name not in documents}
    assert rest == {local_time(record.made_at).timetuple()[:5]}


async def test_the_summary_says_where_the_case_stands_in_the_scheme_and_what_is_not_registered(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(PLACE)
    assert "3.4.1 (KLASSA 2026)" in page.text and "2026-000001-4 · Utgående, registreras inte" in page.text


async def test_notes_are_there_only_when_asked_for_and_their_absence_proves_nothing_wrong(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    content = (await fetch(anna)).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert (
        b"Granne" not in everything and b"Utkast" not in everything and "Vi har börjat".encode() in everything
    )
    assert verify_record(read(content), portal.deps.keys) == []


def rewritten(content: bytes, change: Any) -> bytes:
    """The file with its JSON changed, and checksums made anew as a forger would."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stored = json.loads(members["arende.json"])
    change(stored)
    members["arende.json"] = json.dumps(stored).encode()
    manifest = json.loads(members["manifest.json"])
    for line in manifest["files"]:
        body = members[line["path"]]
        line["size"], line["sha256"] = len(body), hashlib.sha256(body).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return target.getvalue()


def _drop_message(stored: Any) -> None:
    gone = stored["view"]["messages"].pop()
    stored["salts"] = [one for one in stored["salts"] if one["name"] != gone["id"]]


FORGERIES = {
    "another answer": lambda one: one["answers"][0]["values"].update(vad="Ett slott"),
    "another message": lambda one: one["view"]["messages"][0].update(text="Ni får bygga."),
    "a message fewer": _drop_message,
    "another note": lambda one: one["view"]["notes"][0].update(text="Ingen ringde."),
    "another earlier note": lambda one: one["view"]["notes"][1]["earlier"][0].update(text="Annat"),
    "another name": lambda one: one["view"]["people"][0].update(name="Eva"),
    "another status": lambda one: one["view"]["case"].update(status="closed"),
    "another event": lambda one: one["log"][1].update(meta=one["log"][1]["meta"].replace("anna", "bosse")),
    "an event fewer": lambda one: one["log"].pop(1),
    "the last events gone": lambda one: one["log"].pop(),
}


async def test_whatever_is_changed_in_the_file_shows(portal: Portal, case_id: str) -> None:
    content = await fetch_whole(portal, case_id)
    assert verify_record(read(rewritten(content, lambda _: None)), portal.deps.keys) == []
    unseen = [
        name
        for name, change in FORGERIES.items()
        if not verify_record(read(rewritten(content, change)), portal.deps.keys)
    ]
    assert unseen == []
    assert verify_record(read(content), Keys(b"another municipality's key of enough length"))


async def test_a_file_that_was_cut_or_exchanged_is_not_read(portal: Portal, case_id: str) -> None:
    content = await fetch_whole(portal, case_id)
    for broken in (content[:-200], b"not a zip", content.replace(b"handlingar/2026", b"handlingar/2025")):
        with pytest.raises(BrokenCaseFile):
            read(broken)


async def test_it_is_recorded_and_given_out_once_for_each_page(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(PLACE)).form("/akt")
    send = {"data": dict(form.values), "headers": {"sec-fetch-site": "same-origin"}}
    assert (await anna.client.post(form.action, **send)).status_code == 200
    assert (await anna.client.post(form.action, **send)).status_code == 409
    parts = [
        part for _, _, part in await portal.database.read(lambda tx: readings.list_for_case(tx, case_id))
    ]
    assert parts.count("exported_case") == 1
    with_notes = {**send, "data": dict(form.values) | {"noteringar": "1"}}
    assert (await anna.client.post(form.action, **with_notes)).status_code == 200, "which is another file"
    again = await anna.client.post(form.action, **with_notes)
    (box,) = html.fromstring(again.text).xpath("//input[@name='noteringar']")
    assert again.status_code == 409 and box.get("checked") is not None, "what was ticked is still so"
    folder = portal.deps.files.root / "exports"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_nobody_takes_a_protected_case_along(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(PLACE)).form("/akt")
    mark = SetProtection(case_id=case_id, protected=True, reason="Hotbild")
    await portal.service.perform(mark, portal.officer("anna"))
    page = await anna.get(PLACE)
    await anna.send(page.form("/anledning").fill(reason="Ringde"))
    answer = await anna.client.post(
        form.action, data=dict(form.values), headers={"sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 403 and answer.headers["content-type"].startswith("text/html")


async def test_a_case_file_whose_summary_cannot_be_typeset_is_said_so_and_may_be_fetched_later(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = await enters(portal, case_id)
    with monkeypatch.context() as patched:
        patched.setattr(typesetter, "MAX_BYTES", 10)
        answer = await fetch(anna)
        assert answer.status_code == 503 and "Akten kunde inte skapas" in answer.text
        assert "Välj färre delar" not in answer.text
    with monkeypatch.context() as patched:
        patched.setattr(typesetter, "MAX_WAITING", 0)
        assert "Flera PDF:er skapas just nu" in (await fetch(anna)).text
    assert (await fetch(anna)).headers["content-type"] == "application/zip"
