"""Signing in to Mina sidor by a code sent to the mailbox."""

from __future__ import annotations

import hmac
import re
import uuid
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers import check
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.portal import sessions
from bot.portal.errors import Away, error_page
from bot.portal.limits import APPLICANTS_BUTTON, BUTTON, takes
from bot.portal.signing import sign, unsign
from bot.portal.uploads import read_form
from bot.portal.visit import Here, Visit
from bot.store import Tx, doors
from bot.store.cases import applicant_queries
from bot.store.outbox import deliveries
from bot.text import words
from bot.text.typed import fold_typed

router = APIRouter()

COOKIE = "engangskod"
HOME = "/mina-sidor"
_PLACE = re.compile(r"/mina-sidor(/arende/[0-9a-f]{32}(\?ny=[0-9a-f]{32}#m-[0-9a-f]{32})?)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that was asked for, and where its page leads."""

    sign_in: str
    then: str


@router.get("/mina-sidor/logga-in")
async def on_opened_sign_in(visit: Here, till: str = HOME) -> Response:
    return visit.page("sign_in.html", then=_place(till), address="", problem="")


@router.post("/mina-sidor/logga-in", dependencies=takes(BUTTON))
async def on_asked_by_address(visit: Here) -> Response:
    posted = await read_form(visit)
    address, then = posted.one("address"), _place(posted.one("then"))
    checked = check(_address_question(), {"address": address}, visit.language)
    if not checked.ok:
        first = checked.problems[0]
        said = visit.words(first.key, **dict(first.facts))
        return visit.page("sign_in.html", 422, then=then, address=address, problem=said)
    return await _ask(visit, visit.kit.keys.mailbox(str(checked.by_field()["address"])), then)


@router.get("/m/{applicant_id}")
@router.get("/m/{applicant_id}/{message_id}")
async def on_followed_link(visit: Here, applicant_id: str, message_id: str = "") -> Response:
    """The link of a mail. A mail scanner opens it too, so a code is sent only by the button."""
    there = await _place_of(visit, applicant_id, message_id)
    if there is not None and await _is_signed_in_as(visit, applicant_id):
        return visit.go(there)
    return visit.page("link.html", applicant_id=applicant_id, message_id=message_id)


@router.post("/m/{applicant_id}", dependencies=takes(BUTTON))
@router.post("/m/{applicant_id}/{message_id}", dependencies=takes(BUTTON))
async def on_asked_by_link(visit: Here, applicant_id: str, message_id: str = "") -> Response:
    there = await _place_of(visit, applicant_id, message_id)
    mailbox = await visit.kit.service.database.read(lambda tx: applicant_queries.mailbox_of(tx, applicant_id))
    # Someone who does not exist gets the same work done: a code for a mailbox that nobody has.
    return await _ask(visit, mailbox or visit.kit.keys.mailbox(applicant_id), there or HOME)


@router.get("/mina-sidor/kod")
async def on_opened_code(visit: Here) -> Response:
    asked = _asked(visit)
    if asked is None:
        return visit.go("/mina-sidor/logga-in")
    return visit.page("code.html", problem="", over=False)


@router.post("/mina-sidor/kod", dependencies=takes(BUTTON))
async def on_gave_code(visit: Here) -> Response:
    posted = await read_form(visit)
    asked = _asked(visit)
    if asked is None:
        return visit.page("code.html", 422, problem=visit.words("page.code.over"), over=True)
    digits = re.sub(r"[^0-9]", "", fold_typed(posted.one("code")))
    if len(digits) != 6:
        return visit.page("code.html", 422, problem=visit.words("page.code.digits"), over=False)
    token, left = await visit.kit.service.database.write(lambda tx: _try(tx, visit, asked.sign_in, digits))
    if not token:
        said = visit.words("page.code.wrong", n=left) if left > 0 else visit.words("page.code.over")
        return visit.page("code.html", 422, problem=said, over=left <= 0)
    response = visit.go(asked.then)
    sessions.give(visit, response, "applicant", token)
    visit.drop_cookie(response, COOKIE)
    return response


@router.post("/mina-sidor/logga-ut", dependencies=takes(APPLICANTS_BUTTON))
async def on_signed_out(visit: Here) -> Response:
    response = visit.page("signed_out.html")
    await sessions.close(visit, response, "applicant")
    return response


def _try(tx: Tx, visit: Visit, sign_in_id: str, digits: str) -> tuple[str, int]:
    """A session's token, or none and how many tries are left."""
    keys = visit.kit.keys
    sign_in = doors.open_sign_in(tx, sign_in_id, visit.now)
    if sign_in is None or (left := doors.count_try(tx, sign_in_id)) < 0:
        return "", 0
    right = hmac.compare_digest(digits, doors.code_of(keys, sign_in_id))
    if not right or not doors.use(tx, sign_in_id, visit.now):
        return "", left
    return sessions.open_in(tx, visit, "applicant", sign_in.mailbox), left


async def _ask(visit: Visit, mailbox: str, then: str) -> Response:
    """The same steps, rows and answer for every mailbox; only delivery learns whether anyone has it."""
    sign_in = doors.SignIn(uuid.uuid4().hex, mailbox, visit.now)

    def work(tx: Tx) -> bool:
        if not doors.ask(tx, sign_in, visit.ip):
            return False
        deliveries.enqueue_code(tx, sign_in.id, visit.now)
        return True

    if not await visit.kit.service.database.write(work):
        raise Away(error_page(visit, 429))
    visit.kit.service.wake()
    response = visit.go("/mina-sidor/kod")
    value = sign(visit.kit.keys, "sign-in", [sign_in.id, then])
    visit.set_cookie(response, COOKIE, value, max_age=int(doors.CODE_LIFE.total_seconds()) + 60)
    return response


def _asked(visit: Visit) -> Asked | None:
    match unsign(visit.kit.keys, "sign-in", visit.cookie(COOKIE)):
        case [str(sign_in), str(then)]:
            return Asked(sign_in, _place(then))
    return None


async def _place_of(visit: Visit, applicant_id: str, message_id: str) -> str | None:
    """Where a mail's link leads: to the message in its case. Known only to us until the code is given."""
    case_id = await visit.kit.service.database.read(
        lambda tx: applicant_queries.case_of_applicant(tx, applicant_id)
    )
    if case_id is None:
        return None
    place = f"/mina-sidor/arende/{case_id}"
    return _place(f"{place}?ny={message_id}#m-{message_id}") if message_id else place


async def _is_signed_in_as(visit: Visit, applicant_id: str) -> bool:
    session = await sessions.session_of(visit, "applicant")
    if session is None:
        return False
    return session.who == await visit.kit.service.database.read(
        lambda tx: applicant_queries.mailbox_of(tx, applicant_id)
    )


def _place(path: str) -> str:
    """The place, if it is one of Mina sidor's; a sign-in must not lead to another site."""
    return path if _PLACE.fullmatch(path) else HOME


def _address_question() -> Definition:
    label = Text(sv=words("sv")("page.person.email"), en=words("en")("page.person.email"))
    field = Field(key="address", kind="email", label=label, required=True)
    return Definition(service="sign-in", name=label, fields=(field,))
