"""Every page and the API by everyone: who may, said by the rules; an address that nobody classified fails here."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.routing import Route

from bot.catalog.definition import definition_of
from bot.catalog.models import Catalog
from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees
from bot.domain.correspondence import SendMessage
from bot.domain.intake import Answers, FileRef, Person, SubmitCase
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.intake.api import router as api
from bot.portal.app import ROUTERS
from bot.portal.signing import form_key
from bot.service import Done
from bot.store import Database, doors
from bot.store.files import unattached
from tests.archive import Archive
from tests.conftest import Clock
from tests.handlers.tour import SECRET
from tests.people import BYGG, GROUP, OFFICERS, ORO, PARK, About, catalog_of_people, may_work
from tests.portal.conftest import PUBLIC, Portal, portal_over

pytestmark = pytest.mark.asyncio(loop_scope="module")

Who = Literal["officer", "applicant", "public", "source"]
TOKEN = "tok_of_the_right_source"
NOBODYS = "2026-009999", "0" * 32


@dataclass(frozen=True)
class Door:
    """Whom an address is for. A form is sent with the key of `form`, which is given out for that case and person."""

    who: Who
    form: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    acts: bool = True
    """Whether something happens to the case."""


CASE, MINE = "/handlaggare/{ref}", "/mina-sidor/arende/{case_id}"
DOORS: dict[tuple[str, str], Door] = {
    ("GET", CASE): Door("officer"),
    ("GET", f"{CASE}/fil/{{file_id}}"): Door("officer"),
    ("GET", f"{CASE}/meddelande"): Door("officer"),
    ("GET", f"{CASE}/status"): Door("officer"),
    ("GET", f"{CASE}/notering"): Door("officer"),
    ("GET", f"{CASE}/skydd"): Door("officer"),
    ("GET", f"{CASE}/handlaggare"): Door("officer"),
    ("POST", f"{CASE}/ta"): Door("officer", "act", {"mode": "over", "was": "begransad,namngiven"}),
    ("POST", f"{CASE}/lamna"): Door("officer", "act", acts=False),
    ("POST", f"{CASE}/angra"): Door("officer", "act", acts=False),
    ("POST", f"{CASE}/status"): Door("officer", "status", {"status": "working", "was": "submitted"}),
    ("POST", f"{CASE}/notering"): Door("officer", "note", {"text": "Antecknat", "do": "save"}),
    ("POST", f"{CASE}/meddelande"): Door(
        "officer", "message", {"text": "Hej", "do": "send", "was": "submitted"}
    ),
    ("POST", f"{CASE}/skydd"): Door("officer", "protection", {"protected": "yes", "reason": "x"}),
    ("POST", f"{CASE}/handlaggare"): Door("officer", "officers", {"do": "search"}, acts=False),
    ("POST", f"{CASE}/anledning"): Door("officer", "", {"reason": "x"}, acts=False),
    ("GET", MINE): Door("applicant"),
    ("GET", f"{MINE}/fil/{{file_id}}"): Door("applicant"),
    ("POST", MINE): Door("applicant", "answer", {"text": "Hej", "kind": "question"}),
    ("POST", f"{MINE}/kvittera"): Door("applicant", "answer", {}, acts=False),
    ("POST", "/api/v1/cases"): Door("source"),
    ("GET", "/api/v1/services/{key}"): Door("source"),
}
PUBLIC_DOORS = {
    *(
        ("GET", path)
        for path in ("/", "/e-tjanster", "/internt", "/e-tjanster/{key}", "/mina-sidor", "/mina-sidor/")
    ),
    *(("GET", path) for path in ("/e-tjanster/{key}/villkor.css", "/mina-sidor/logga-in", "/mina-sidor/kod")),
    *(("GET", path) for path in ("/m/{applicant_id}", "/m/{applicant_id}/{message_id}", "/kvitto/{key}")),
    *(("GET", path) for path in ("/handlaggare", "/handlaggare/in/{token}", "/api/v1/openapi.json")),
    *(("POST", path) for path in ("/e-tjanster/{key}", "/mina-sidor/logga-in", "/mina-sidor/kod")),
    *(
        ("POST", path)
        for path in ("/m/{applicant_id}", "/m/{applicant_id}/{message_id}", "/mina-sidor/logga-ut")
    ),
    *(("POST", path) for path in ("/handlaggare/in/{token}", "/handlaggare/kvar", "/handlaggare/ut")),
}
"""For anyone: nothing of a case is shown there to one who has no key to it."""


@dataclass
class House:
    """The pages and the API over one store, with a case of each kind."""

    portal: Portal
    archive: Archive
    client: httpx.AsyncClient
    cases: dict[str, Done] = field(default_factory=dict)
    abouts: dict[str, About] = field(default_factory=dict)

    async def ask(self, method: str, path: str, token: tuple[str, str], **more: Any) -> httpx.Response:
        """`token` is a cookie's name and its value."""
        headers = {"cookie": f"__Host-{token[0]}={token[1]}"} if token[0] else {}
        self.client.cookies.clear()
        return await self.client.request(method, path, headers=headers, **more)

    def signed_in(self, kind: doors.Kind, who: str) -> tuple[str, str]:
        """A cookie of someone who is signed in."""
        token, now = uuid.uuid4().hex, self.portal.clock()
        hashed = self.portal.kit.keys.token_hash(token)
        self.portal.database.write_now(lambda tx: doors.open_session(tx, hashed, kind, who, now))
        return {"applicant": "mina-sidor", "officer": "handlaggare"}[kind], token

    def key(self, form: str, case: Done, who: str) -> str:
        return form_key(self.portal.kit.keys, [form, case.case_id, who], self.portal.clock())


def with_a_source() -> Catalog:
    told = catalog_of_people().model_dump(by_alias=True, exclude_unset=True)
    told["municipality"]["sources"] = [
        {
            "key": key,
            "name": key,
            "token_sha256": hashlib.sha256(f"{TOKEN}{key}".encode()).hexdigest(),
            "services": [service],
        }
        for key, service in (("ratt", BYGG), ("annan", PARK))
    ]
    return Catalog.model_validate(told)


async def _opened(house: House, name: str, service: str) -> None:
    portal, now = house.portal, house.portal.clock()
    found = portal.service.catalog.service(service)
    assert found is not None
    form, file = (
        definition_of(found),
        FileRef(
            id=f"{name:0<32}", name="a.pdf", size=3, kind="application/pdf", sha256="0" * 64, field="ritning"
        ),
    )
    portal.kit.files.write(file.id, [b"%PD"])
    portal.database.write_now(lambda tx: unattached.expect(tx, file, now))
    people = (Person(id=f"{name:0<32}", name=f"Eva {SECRET}", email=f"{name}@ek.example"),)
    answers = Answers(definition=form.digest, values={"vad": SECRET})
    command = SubmitCase(service=service, answers=answers, people=people, files=(file,))
    case = house.cases[name] = await portal.service.open_case(command, Machine("form"), form)
    anna = portal.officer("anna")
    holders = ("officer:begransad", "officer:namngiven", f"group:{GROUP}")
    for act in (
        AddNote(case_id=case.case_id, text=SECRET),
        SendMessage(case_id=case.case_id, text=SECRET),
        ChangeAssignees(case_id=case.case_id, holders=holders, was=()),
    ):
        await portal.service.perform(act, anna)
    if name == "protected":
        mark = SetProtection(case_id=case.case_id, protected=True, reason="x")
        await portal.service.perform(mark, anna)
    house.abouts[name] = About(service, name == "protected", ("begransad", "namngiven"), (GROUP,))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    one_sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    portal = portal_over(one_sqlite_database, with_a_source(), Clock(), tmp_path_factory.mktemp("pages"))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url=PUBLIC)
    house = House(portal, Archive(one_sqlite_database), client)
    for name, service in (("bygg", BYGG), ("oro", ORO), ("protected", BYGG)):
        await _opened(house, name, service)
    portal.clock.pass_(minutes=1)
    yield house
    house.archive.close()


def routes() -> Iterator[tuple[str, str]]:
    for one in (*(route for router in ROUTERS for route in router.routes), *api(None).routes):  # type: ignore[arg-type]
        assert isinstance(one, Route)
        yield from ((method, one.path) for method in one.methods or () if method != "HEAD")


def test_every_address_says_whom_it_is_for() -> None:
    assert set(routes()) == set(DOORS) | PUBLIC_DOORS


async def test_officers_pages_are_for_those_who_work_with_the_case(house: House) -> None:
    """To everyone else it is as if there were no such case; what they send does nothing."""
    wrong: list[str] = []
    tokens = {role: house.signed_in("officer", role.key) for role in OFFICERS if role.of_the_house}
    before = house.archive.keep()
    for (method, path), door in DOORS.items():
        if door.who != "officer":
            continue
        for name, (role, token) in product(house.cases, tokens.items()):
            case, about = house.cases[name], house.abouts[name]
            house.archive.bring_back(before)
            answer = await _asked(house, (method, path), case, role.key, token)
            changed = house.archive.changed(before) - {"session"}
            told = f"{method} {path} of {name} by {role.key}: {answer.status_code}, {set(changed)}"
            works = may_work(role, about)
            if not works and (answer.status_code != 404 or changed or SECRET in answer.text):
                wrong.append(told)
            has_it = path.endswith("/ta") and role.key in about.officers
            tried = works and not about.protected and door.acts and not has_it
            did = answer.status_code < 400 and ("history" in changed) is (method == "POST")
            if tried and not did:
                wrong.append(told)
            if about.protected and (SECRET in answer.text or changed & {"note", "message"}):
                wrong.append(f"{told}, though it has not been said why")
    assert not wrong, "\n".join(wrong)


async def _asked(
    house: House, address: tuple[str, str], case: Done, who: str, token: tuple[str, str], number: str = ""
) -> httpx.Response:
    method, path = address
    door = DOORS[address]
    name = next(name for name, one in house.cases.items() if one.case_id == case.case_id)
    path = path.format(ref=number or case.number, case_id=number or case.case_id, file_id=f"{name:0<32}")
    told = door.fields | ({"key": house.key(door.form, case, who)} if door.form else {})
    return await house.ask(method, path, token, **({"data": told} if method == "POST" else {}))


async def test_a_case_that_is_not_theirs_is_answered_like_one_that_is_nobodys(house: House) -> None:
    token = house.signed_in("officer", "annan")
    case = house.cases["bygg"]
    for address, door in DOORS.items():
        if door.who == "officer":
            theirs = await _asked(house, address, case, "annan", token)
            for nobodys in NOBODYS:
                none = await _asked(house, address, case, "annan", token, nobodys)
                assert (theirs.status_code, theirs.text) == (none.status_code, none.text), address


@pytest.mark.parametrize("who", ["nobody", "the applicant", "an officer who was removed", "a made up cookie"])
async def test_officers_pages_show_nothing_to_who_is_not_signed_in_as_one(house: House, who: str) -> None:
    token = {
        "nobody": ("", ""),
        "the applicant": ("handlaggare", house.signed_in("applicant", _mailbox(house, "bygg"))[1]),
        "an officer who was removed": house.signed_in("officer", "borttagen"),
        "a made up cookie": ("handlaggare", "x" * 43),
    }[who]
    before, case = house.archive.keep(), house.cases["bygg"]
    for address, door in DOORS.items():
        if door.who == "officer":
            answer = await _asked(house, address, case, "anna", token)
            assert answer.status_code == 401 and SECRET not in answer.text, address
            assert house.archive.changed(before) <= {"session"}, address


def _mailbox(house: House, name: str) -> str:
    return house.portal.kit.keys.mailbox(f"{name}@ek.example")


async def test_the_applicants_pages_are_for_the_applicant_of_the_case(house: House) -> None:
    mine = house.signed_in("applicant", _mailbox(house, "bygg"))
    neighbours = house.signed_in("applicant", _mailbox(house, "oro"))
    officers = ("mina-sidor", house.signed_in("officer", "anna")[1])
    before, case = house.archive.keep(), house.cases["bygg"]
    for address, door in DOORS.items():
        if door.who != "applicant":
            continue
        for who, token in (("bygg", mine), ("oro", neighbours), ("oro", officers), ("bygg", ("", ""))):
            house.archive.bring_back(before)
            answer = await _asked(house, address, case, _mailbox(house, who), token)
            changed = house.archive.changed(before) - {"session"}
            if token is mine:
                assert answer.status_code in (200, 303), address
                assert ("history" in changed) is (door.acts and address[0] == "POST"), address
            else:
                assert answer.status_code in (303, 401, 404), address
                assert SECRET not in answer.text and not changed, address


async def test_what_is_for_anyone_shows_nothing_of_any_case(house: House) -> None:
    case, before = house.cases["bygg"], house.archive.keep()
    fills = {"key": BYGG, "applicant_id": f"{'bygg':0<32}", "message_id": "0" * 32, "token": "x" * 43}
    for method, path in sorted(PUBLIC_DOORS):
        house.archive.bring_back(before)
        answer = await house.ask(
            method, path.format(**fills), ("", ""), data={} if method == "POST" else None
        )
        assert SECRET not in answer.text and case.number not in answer.text, path
        assert answer.status_code < 500 and not house.archive.changed(before) & {"case", "history", "message"}


async def test_the_api_is_for_the_sources_of_the_e_service(house: House) -> None:
    web = FastAPI(openapi_url=None)
    web.include_router(api(house.portal.kit))  # type: ignore[arg-type]
    sent = {"service": BYGG, "external_id": "x", "people": [{"name": "Eva"}], "answers": {"vad": "x"}}
    cookie = house.signed_in("officer", "anna")
    before = house.archive.keep()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://hall") as client:
        for bearer, status in (
            (f"{TOKEN}ratt", 201),
            (f"{TOKEN}annan", 403),
            ("fel", 401),
            ("", 401),
            (cookie[1], 401),
        ):
            house.archive.bring_back(before)
            headers = (
                {"authorization": f"Bearer {bearer}"}
                if bearer
                else {"cookie": f"__Host-{cookie[0]}={cookie[1]}"}
            )
            opened = await client.post("/api/v1/cases", json=sent, headers=headers)
            assert opened.status_code == status, opened.text
            assert ("case" in house.archive.changed(before)) is (status == 201)
            told = await client.get(f"/api/v1/services/{BYGG}", headers=headers)
            assert told.status_code == (200 if status == 201 else status)
