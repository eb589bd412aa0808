"""Every page and the API by everyone: who may, said by the rules; an address that nobody classified fails here."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.routing import Route

from bot.catalog.definition import create_definition
from bot.catalog.models import Catalog
from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees
from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.domain.submission import Answers, FileRef, Person, SubmitCase
from bot.intake.api import router as api
from bot.portal.app import ROUTERS
from bot.portal.signing import create_form_key
from bot.service import CommandResult
from bot.store import Database
from bot.store.authentication import sessions
from bot.store.files import unattached
from tests.conftest import Clock
from tests.handlers.recorded_requests import SECRET
from tests.people import (
    BY_KEY,
    BYGG,
    GROUP,
    OFFICERS,
    ORO,
    PARK,
    CaseFacts,
    catalog_of_people,
    may_work,
)
from tests.portal.conftest import PUBLIC, Portal, create_portal
from tests.scope import sample
from tests.store_snapshots import StoreSnapshots

pytestmark = pytest.mark.asyncio(loop_scope="module")

Audience = Literal["officer", "applicant", "public", "source"]
TOKEN = "tok_of_the_right_source"
NOBODYS = "2026-009999", "0" * 32


@dataclass(frozen=True)
class Access:
    """Whom an address is for. A form is sent with the key of `form`, which is given out for that case and person."""

    audience: Audience
    form: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    changes_case: bool = True
    """Whether something happens to the case."""


REPRESENTATIVE = "2"
"""The representative's place among the people of each case."""

CASE, MINE = "/handlaggare/{ref}", "/mina-sidor/arende/{case_id}"
ROUTES: dict[tuple[str, str], Access] = {
    ("GET", CASE): Access("officer"),
    ("GET", f"{CASE}/fil/{{file_id}}"): Access("officer"),
    ("GET", f"{CASE}/fil/{{file_id}}/visa"): Access("officer"),
    ("GET", f"{CASE}/meddelande"): Access("officer"),
    ("GET", f"{CASE}/status"): Access("officer"),
    ("GET", f"{CASE}/notering"): Access("officer"),
    ("GET", f"{CASE}/skydd"): Access("officer"),
    ("GET", f"{CASE}/handlaggare"): Access("officer"),
    ("GET", f"{CASE}/gallringsstopp"): Access("officer"),
    ("GET", f"{CASE}/farg"): Access("officer"),
    ("POST", f"{CASE}/farg"): Access("officer", "colour", {"colour": "red", "was": ""}),
    ("GET", f"{CASE}/flagga"): Access("officer"),
    ("POST", f"{CASE}/flagga"): Access("officer", "flag", {"note": "x", "remind_on": ""}, changes_case=False),
    ("POST", f"{CASE}/gallringsstopp"): Access(
        "officer", "hold", {"hold": "appeal", "until": "2027-11-23", "reason": "x"}
    ),
    ("GET", f"{CASE}/andra"): Access("officer"),
    ("GET", f"{CASE}/kontakt/{{n}}"): Access("officer"),
    ("GET", f"{CASE}/sammanstallning"): Access("officer"),
    ("GET", f"{CASE}/sammanstallning/pdf"): Access("officer"),
    ("POST", f"{CASE}/sammanstallning/pdf"): Access(
        "officer", "summary", {"del": "notes"}, changes_case=False
    ),
    ("POST", f"{CASE}/akt"): Access("officer", "casefile", changes_case=False),
    ("GET", f"{CASE}/villkor.css"): Access("officer"),
    ("GET", f"{CASE}/ta-bort"): Access("officer"),
    **{
        ("GET", f"{CASE}/{act}"): Access("officer")
        for act in ("ta", "lamna", "angra", "anledning", "tjansteanteckning", "olast")
    },
    ("POST", f"{CASE}/ta"): Access("officer", "act", {"mode": "over", "was": "begransad,namngiven"}),
    ("POST", f"{CASE}/lamna"): Access("officer", "act", changes_case=False),
    ("POST", f"{CASE}/olast"): Access("officer", "act", changes_case=False),
    ("POST", f"{CASE}/angra"): Access("officer", "act", changes_case=False),
    ("POST", f"{CASE}/tjansteanteckning"): Access("officer", "act", changes_case=False),
    ("POST", f"{CASE}/status"): Access("officer", "status", {"status": "working", "was": "submitted"}),
    ("POST", f"{CASE}/notering"): Access("officer", "note", {"text": "Antecknat", "do": "save"}),
    ("POST", f"{CASE}/meddelande"): Access(
        "officer", "message", {"text": "Hej", "do": "send", "was": "submitted"}
    ),
    ("POST", f"{CASE}/ta-bort"): Access("officer", "delete", {"typed_number": "1"}, changes_case=False),
    ("POST", f"{CASE}/aterstall"): Access("officer", "restore", changes_case=False),
    ("POST", f"{CASE}/andra"): Access(
        "officer", "edit", {"version": "1", "svar-vad": "Ett uterum", "reason": "x", "do": "save"}
    ),
    ("POST", f"{CASE}/kontakt/{{n}}"): Access(
        "officer",
        "contact",
        {"version": "0", "om-name": "Eva Ek", "om-email": "", "om-phone": "", "reason": "x"},
    ),
    ("GET", f"{CASE}/koppla"): Access("officer"),
    ("POST", f"{CASE}/koppla"): Access("officer", "link", {"number": "1"}, changes_case=False),
    ("GET", f"{CASE}/ombud"): Access("officer"),
    ("POST", f"{CASE}/ombud"): Access(
        "officer", "representative", {"om-name": "Lo Lind", "om-email": "", "om-phone": "", "reason": "x"}
    ),
    ("GET", f"{CASE}/ombud/{{n}}"): Access("officer"),
    ("POST", f"{CASE}/ombud/{{n}}"): Access("officer", "end_representative", {"version": "0", "reason": "x"}),
    ("POST", f"{CASE}/skydd"): Access("officer", "protection", {"protected": "yes", "reason": "x"}),
    ("POST", f"{CASE}/handlaggare"): Access(
        "officer", "officers", {"do": "search", "was": "", "reason": ""}, changes_case=False
    ),
    ("POST", f"{CASE}/anledning"): Access("officer", "", {"reason": "x"}, changes_case=False),
    ("GET", MINE): Access("applicant"),
    ("GET", f"{MINE}/fil/{{file_id}}"): Access("applicant"),
    ("POST", MINE): Access("applicant", "answer", {"text": "Hej", "kind": "question"}),
    ("POST", f"{MINE}/kvittera"): Access("applicant", "answer", {}, changes_case=False),
    ("POST", f"{MINE}/begar-avgorande"): Access("applicant", "answer", {}, changes_case=False),
    ("POST", f"{MINE}/pdf"): Access("applicant", changes_case=False),
    ("POST", "/api/v1/cases"): Access("source"),
    ("GET", "/api/v1/services/{key}"): Access("source"),
}
PUBLIC_ROUTES = {
    *(("GET", f"/om/{topic}") for topic in ("hjalp", "tillganglighet", "personuppgifter", "kakor")),
    *(("GET", path) for path in ("/", "/e-tjanster", "/internt", "/e-tjanster/{key}", "/mina-sidor")),
    *(
        ("GET", path)
        for path in (
            "/e-tjanster/{key}/villkor.css",
            "/mina-sidor/logga-in",
            "/mina-sidor/kod",
            "/mina-sidor/utloggad",
        )
    ),
    # Whoever is signed in is asked for a number, and nobody is told of a case.
    *((method, "/mina-sidor/bekrafta") for method in ("GET", "POST")),
    *(("GET", path) for path in ("/m/{applicant_id}", "/m/{applicant_id}/{message_id}", "/kvitto/{key}")),
    *(("GET", path) for path in ("/handlaggare", "/handlaggare/in/{token}", "/api/v1/openapi.json")),
    *(("GET", path) for path in ("/handlaggare/statistik", "/handlaggare/statistik/excel")),
    *(("GET", "/handlaggare/lista/{list_id}"), ("POST", "/handlaggare/lista")),
    *(("POST", f"/handlaggare/lista/{{list_id}}/{part}") for part in ("vy", "val", "{action}")),
    *(("GET", path) for path in ("/handlaggare/lista/{list_id}/{action}", "/handlaggare/andringar")),
    ("POST", "/handlaggare/lista/{list_id}/utskick"),
    ("GET", "/handlaggare/borttagna"),
    *(("GET", f"/handlaggare/{path}") for path in ("logga-in", "logga-in/svar", "utloggad")),
    ("GET", "/handlaggare/registrera"),
    *((method, "/handlaggare/registrera/{key}") for method in ("GET", "POST")),
    # The number of a draft's versions, to who has the cookie or the officer's session that it was begun with.
    *(("GET", f"/{path}/{{key}}/version") for path in ("e-tjanster", "handlaggare/registrera")),
    ("GET", "/lamna-sidan"),
    ("GET", "/handlaggare/andringar/{batch_id}"),
    *(
        ("GET", f"/handlaggare/gallring{path}")
        for path in ("", "/lista/{key}", "/regel/{key}", "/protokoll/{day}")
    ),
    ("POST", "/handlaggare/gallring/regel/{key}"),
    *(("GET", path) for path in ("/handlaggare/vyer", "/handlaggare/vyer/{view_id}")),
    ("POST", "/handlaggare/vyer/{view_id}"),
    *((method, "/handlaggare/installningar") for method in ("GET", "POST")),
    *((method, "/handlaggare/franvaro") for method in ("GET", "POST")),
    *(
        ("POST", f"/handlaggare/andringar/{{batch_id}}/{part}")
        for part in ("bekrafta", "avbryt", "fil", "exportera")
    ),
    *(("POST", path) for path in ("/e-tjanster/{key}", "/mina-sidor/logga-in", "/mina-sidor/kod")),
    *(
        ("POST", path)
        for path in ("/m/{applicant_id}", "/m/{applicant_id}/{message_id}", "/mina-sidor/logga-ut")
    ),
    *(("POST", path) for path in ("/handlaggare/in/{token}", "/handlaggare/kvar", "/handlaggare/ut")),
}
"""For anyone: nothing of a case is shown there to one who has no key to it."""


TRIED_EACH = 4
"""How often a page of an officer is asked for in `make test`, by another officer and of another case each time."""


@dataclass
class PortalContext:
    """The pages and the API over one store, with a case of each kind."""

    portal: Portal
    snapshots: StoreSnapshots
    client: httpx.AsyncClient
    cases: dict[str, CommandResult] = field(default_factory=dict)
    facts: dict[str, CaseFacts] = field(default_factory=dict)

    async def ask(self, method: str, path: str, token: tuple[str, str], **more: Any) -> httpx.Response:
        """`token` is a cookie's name and its value."""
        headers = {"cookie": f"__Host-{token[0]}={token[1]}"} if token[0] else {}
        self.client.cookies.clear()
        return await self.client.request(method, path, headers=headers, **more)

    def signed_in(self, kind: sessions.SessionKind, who: str) -> tuple[str, str]:
        """A cookie of someone who is signed in."""
        token, now = uuid.uuid4().hex, self.portal.clock()
        hashed = self.portal.deps.keys.hash_token(token)
        self.portal.database.write_sync(lambda tx: sessions.create_session(tx, hashed, kind, who, now))
        return {"applicant": "mina-sidor", "officer": "handlaggare"}[kind], token

    def key(self, form: str, case: CommandResult, who: str) -> str:
        return create_form_key(self.portal.deps.keys, [form, case.case_id, who], self.portal.clock())


def catalog_with_source() -> Catalog:
    result = catalog_of_people().model_dump(by_alias=True, exclude_unset=True)
    result["municipality"]["sources"] = [
        {
            "key": key,
            "name": key,
            "token_sha256": hashlib.sha256(f"{TOKEN}{key}".encode()).hexdigest(),
            "services": [service],
        }
        for key, service in (("ratt", BYGG), ("annan", PARK))
    ]
    return Catalog.model_validate(result)


async def _open_case(context: PortalContext, name: str, service: str) -> None:
    portal, now = context.portal, context.portal.clock()
    found = portal.service.catalog.service(service)
    assert found is not None
    form, file = (
        create_definition(found),
        FileRef(
            id=f"{name:0<32}", name="a.pdf", size=3, kind="application/pdf", sha256="0" * 64, field="ritning"
        ),
    )
    portal.deps.files.write(file.id, [b"%PD"])
    portal.database.write_sync(lambda tx: unattached.save(tx, file, now))
    people = (
        Person(id=f"{name:0<32}", name=f"Eva {SECRET}", email=f"{name}@ek.example", address_state="code"),
        Person(id=f"{name:1<32}", name=f"Lo {SECRET}", role="representative"),
    )
    answers = Answers(definition=form.digest, values={"vad": SECRET})
    command = SubmitCase(service=service, answers=answers, people=people, files=(file,))
    case = context.cases[name] = await portal.service.open_case(command, Machine("form"), form)
    anna = portal.officer("anna")
    assignees = ("officer:begransad", "officer:namngiven", f"group:{GROUP}")
    for command in (
        AddNote(case_id=case.case_id, text=SECRET),
        SendMessage(case_id=case.case_id, text=SECRET),
        ChangeAssignees(case_id=case.case_id, assignees=assignees, expected=()),
    ):
        await portal.service.perform(command, anna)
    if name == "protected":
        mark = SetProtection(case_id=case.case_id, protected=True, reason="x")
        await portal.service.perform(mark, anna)
    context.facts[name] = CaseFacts(service, name == "protected", ("begransad", "namngiven"), (GROUP,))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context(
    one_sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[PortalContext]:
    portal = create_portal(
        one_sqlite_database, catalog_with_source(), Clock(), tmp_path_factory.mktemp("pages")
    )
    client = httpx.AsyncClient(transport=httpx.ASGITransport(portal.app), base_url=PUBLIC)
    context = PortalContext(portal, StoreSnapshots(one_sqlite_database), client)
    for name, service in (("bygg", BYGG), ("oro", ORO), ("protected", BYGG)):
        await _open_case(context, name, service)
    portal.clock.advance(minutes=1)
    yield context
    context.snapshots.close()


def routes() -> Iterator[tuple[str, str]]:
    for one in (*(route for router in ROUTERS for route in router.routes), *api(None).routes):  # type: ignore[arg-type]
        assert isinstance(one, Route)
        yield from ((method, one.path) for method in one.methods or () if method != "HEAD")


def test_every_address_says_whom_it_is_for() -> None:
    assert set(routes()) == set(ROUTES) | PUBLIC_ROUTES


async def test_officers_pages_are_for_those_who_work_with_the_case(context: PortalContext) -> None:
    """To everyone else it is as if there were no such case; what they send does nothing."""
    wrong: list[str] = []
    tokens = {role: context.signed_in("officer", role.key) for role in OFFICERS if role.is_member}
    before = context.snapshots.save()
    for index, ((method, path), access) in enumerate(ROUTES.items()):
        if access.audience != "officer":
            continue
        tried = sample(tuple(product(context.cases, tokens)), TRIED_EACH, index)
        for name, role in dict.fromkeys((("bygg", BY_KEY["anna"]), *tried)):
            token = tokens[role]
            case, facts = context.cases[name], context.facts[name]
            context.snapshots.restore(before)
            answer = await _asked(context, (method, path), case, role.key, token)
            changed = context.snapshots.changed(before) - {"session"}
            result = f"{method} {path} of {name} by {role.key}: {answer.status_code}, {set(changed)}"
            works = may_work(role, facts)
            # Whoever sees the card of a protected case is told whom to ask, as by the card.
            sees_card = facts.protected and may_work(role, replace(facts, protected=False))
            expected = 403 if sees_card else 404
            if not works and (answer.status_code != expected or changed or SECRET in answer.text):
                wrong.append(result)
            has_it = path.endswith("/ta") and role.key in facts.officers
            tried = works and not facts.protected and access.changes_case and not has_it
            did = answer.status_code < 400 and ("history" in changed) is (method == "POST")
            if tried and not did:
                wrong.append(result)
            if facts.protected and (SECRET in answer.text or changed & {"note", "message"}):
                wrong.append(f"{result}, though it has not been said why")
    assert not wrong, "\n".join(wrong)


async def _asked(
    context: PortalContext,
    address: tuple[str, str],
    case: CommandResult,
    who: str,
    token: tuple[str, str],
    number: str = "",
) -> httpx.Response:
    method, path = address
    access = ROUTES[address]
    name = next(name for name, one in context.cases.items() if one.case_id == case.case_id)
    path = path.format(
        ref=number or case.number,
        case_id=number or case.case_id,
        file_id=f"{name:0<32}",
        n=REPRESENTATIVE if "/ombud/" in path else "1",
    )
    result = access.fields | ({"key": context.key(access.form, case, who)} if access.form else {})
    return await context.ask(method, path, token, **({"data": result} if method == "POST" else {}))


async def test_a_case_that_is_not_theirs_is_answered_like_one_that_is_nobodys(context: PortalContext) -> None:
    token = context.signed_in("officer", "annan")
    case = context.cases["bygg"]
    for address, access in ROUTES.items():
        if access.audience == "officer":
            theirs = await _asked(context, address, case, "annan", token)
            for nobodys in NOBODYS:
                none = await _asked(context, address, case, "annan", token, nobodys)
                assert (theirs.status_code, theirs.text) == (none.status_code, none.text), address


@pytest.mark.parametrize("who", ["nobody", "the applicant", "an officer who was removed", "a made up cookie"])
async def test_officers_pages_show_nothing_to_who_is_not_signed_in_as_one(
    context: PortalContext, who: str
) -> None:
    token = {
        "nobody": ("", ""),
        "the applicant": ("handlaggare", context.signed_in("applicant", _mailbox(context, "bygg"))[1]),
        "an officer who was removed": context.signed_in("officer", "borttagen"),
        "a made up cookie": ("handlaggare", "x" * 43),
    }[who]
    before, case = context.snapshots.save(), context.cases["bygg"]
    for address, access in ROUTES.items():
        if access.audience == "officer":
            answer = await _asked(context, address, case, "anna", token)
            assert answer.status_code == 401 and SECRET not in answer.text, address
            assert context.snapshots.changed(before) <= {"session"}, address


def _mailbox(context: PortalContext, name: str) -> str:
    return context.portal.deps.keys.hash_mailbox(f"{name}@ek.example")


async def test_the_applicants_pages_are_for_the_applicant_of_the_case(context: PortalContext) -> None:
    mine = context.signed_in("applicant", _mailbox(context, "bygg"))
    neighbours = context.signed_in("applicant", _mailbox(context, "oro"))
    officers = ("mina-sidor", context.signed_in("officer", "anna")[1])
    before, case = context.snapshots.save(), context.cases["bygg"]
    for address, access in ROUTES.items():
        if access.audience != "applicant":
            continue
        for who, token in (("bygg", mine), ("oro", neighbours), ("oro", officers), ("bygg", ("", ""))):
            context.snapshots.restore(before)
            answer = await _asked(context, address, case, _mailbox(context, who), token)
            changed = context.snapshots.changed(before) - {"session"}
            if token is mine:
                assert answer.status_code in (200, 303), address
                assert ("history" in changed) is (access.changes_case and address[0] == "POST"), address
            else:
                assert answer.status_code in (303, 401, 404), address
                assert SECRET not in answer.text and not changed, address


async def test_what_is_for_anyone_shows_nothing_of_any_case(context: PortalContext) -> None:
    case, before = context.cases["bygg"], context.snapshots.save()
    fills = {"key": BYGG, "applicant_id": f"{'bygg':0<32}", "message_id": "0" * 32, "token": "x" * 43}
    fills |= {"list_id": "0" * 32, "batch_id": "0" * 32, "view_id": "0" * 32, "action": "status"}
    fills |= {"day": "2026-11-23"}
    for method, path in sorted(PUBLIC_ROUTES):
        context.snapshots.restore(before)
        answer = await context.ask(
            method, path.format(**fills), ("", ""), data={} if method == "POST" else None
        )
        assert SECRET not in answer.text and case.number not in answer.text, path
        assert answer.status_code < 500 and not context.snapshots.changed(before) & {
            "case",
            "history",
            "message",
        }


async def test_the_api_is_for_the_sources_of_the_e_service(context: PortalContext) -> None:
    web = FastAPI(openapi_url=None)
    web.include_router(api(context.portal.deps))  # type: ignore[arg-type]
    sent = {"service": BYGG, "external_id": "x", "people": [{"name": "Eva"}], "answers": {"vad": "x"}}
    cookie = context.signed_in("officer", "anna")
    before = context.snapshots.save()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://hall") as client:
        for bearer, status in (
            (f"{TOKEN}ratt", 201),
            (f"{TOKEN}annan", 403),
            ("fel", 401),
            ("", 401),
            (cookie[1], 401),
        ):
            context.snapshots.restore(before)
            headers = (
                {"authorization": f"Bearer {bearer}"}
                if bearer
                else {"cookie": f"__Host-{cookie[0]}={cookie[1]}"}
            )
            opened = await client.post("/api/v1/cases", json=sent, headers=headers)
            assert opened.status_code == status, opened.text
            assert ("case" in context.snapshots.changed(before)) is (status == 201)
            result = await client.get(f"/api/v1/services/{BYGG}", headers=headers)
            assert result.status_code == (200 if status == 201 else status)
