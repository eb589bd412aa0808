"""Sign-in to Mina sidor by a code sent to the mailbox."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.validation import validate_answers
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.portal import sessions
from bot.portal.applicant.unconfirmed import CONFIRM_PATH
from bot.portal.errors import EarlyResponse, error_page
from bot.portal.forms.limits import APPLICANTS_BUTTON, BUTTON
from bot.portal.forms.posted_form import read_form
from bot.portal.page_context import CurrentPage, PageContext
from bot.portal.signing import sign, unsign
from bot.store import Tx
from bot.store.authentication import codes
from bot.store.cases import applicant_queries
from bot.store.outbox import codes_and_scans
from bot.text import words
from bot.text.typed_values import fold_typed
from bot.web.post_limits import limited_by

router = APIRouter()

SIGN_IN_COOKIE = "engangskod"
MY_PAGES_PATH = "/mina-sidor"
SIGNED_OUT_PATH = f"{MY_PAGES_PATH}/utloggad"
_ALLOWED_PATH = re.compile(r"/mina-sidor(/bekrafta|/arende/[0-9a-f]{32}(\?ny=[0-9a-f]{32}#m-[0-9a-f]{32})?)?")

_BELOW_CASE = re.compile(r"(?P<case>/mina-sidor/arende/[0-9a-f]{32})/[0-9a-z/-]+")


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A sign-in whose code is to be entered, and the path to go to. `sent_at` is set where an earlier code is used."""

    sign_in_id: str
    next_path: str
    sent_at: datetime | None = None


@router.get("/mina-sidor/logga-in")
async def on_opened_sign_in(page: CurrentPage, till: str = MY_PAGES_PATH) -> Response:
    return page.render("sign_in.html", then=_safe_path(till), address="", problem="")


@router.post("/mina-sidor/logga-in", dependencies=limited_by(BUTTON))
async def on_requested_code_by_address(page: CurrentPage) -> Response:
    posted = await read_form(page)
    address, next_path = posted.get("address"), _safe_path(posted.get("then"))
    result = validate_answers(_address_definition(), {"address": address}, page.language)
    if not result.is_valid:
        first = result.problems[0]
        problem = page.words(first.key, **dict(first.facts))
        return page.render("sign_in.html", 422, then=next_path, address=address, problem=problem)
    return await _send_code(page, page.deps.keys.hash_mailbox(str(result.by_field()["address"])), next_path)


@router.get("/m/{applicant_id}")
@router.get("/m/{applicant_id}/{message_id}")
async def on_followed_link(page: CurrentPage, applicant_id: str, message_id: str = "") -> Response:
    """The page of a mail's link. Mail scanners open it too, so the code is sent only at a button press."""
    path = await _link_path(page, applicant_id, message_id)
    if await _is_signed_in_as(page, applicant_id):
        return page.redirect(path)
    return page.render("link.html", applicant_id=applicant_id, message_id=message_id)


@router.post("/m/{applicant_id}", dependencies=limited_by(BUTTON))
@router.post("/m/{applicant_id}/{message_id}", dependencies=limited_by(BUTTON))
async def on_requested_code_by_link(page: CurrentPage, applicant_id: str, message_id: str = "") -> Response:
    path = await _link_path(page, applicant_id, message_id)
    mailbox = await page.deps.service.database.read(
        lambda tx: applicant_queries.find_mailbox(tx, applicant_id)
    )
    # The same work for an unknown applicant, with a mailbox that nobody has, so that timing reveals nothing.
    return await _send_code(page, mailbox or page.deps.keys.hash_mailbox(applicant_id), path)


@router.get("/mina-sidor/kod")
async def on_opened_code(page: CurrentPage) -> Response:
    pending = _pending_sign_in(page)
    if pending is None:
        return page.redirect("/mina-sidor/logga-in")
    return _code_page(page, pending)


@router.post("/mina-sidor/kod", dependencies=limited_by(BUTTON))
async def on_entered_code(page: CurrentPage) -> Response:
    posted = await read_form(page)
    pending = _pending_sign_in(page)
    if pending is None:
        return _code_page(page, None, page.words("page.code.over"))
    digits = re.sub(r"[^0-9]", "", fold_typed(posted.get("code")))
    if len(digits) != 6:
        return _code_page(page, pending, page.words("page.code.digits"))
    token, tries_left = await page.deps.service.database.write(
        lambda tx: _verify_code(tx, page, pending.sign_in_id, digits)
    )
    if not token:
        if tries_left > 0:
            return _code_page(page, pending, page.words("page.code.wrong", n=tries_left))
        return _code_page(page, None, page.words("page.code.over"))
    response = page.redirect(pending.next_path)
    sessions.set_cookie(page, response, "applicant", token)
    page.delete_cookie(response, SIGN_IN_COOKIE)
    return response


@router.post("/mina-sidor/logga-ut", dependencies=limited_by(APPLICANTS_BUTTON))
async def on_pressed_sign_out(page: CurrentPage) -> Response:
    response = page.redirect(SIGNED_OUT_PATH)
    await sessions.end(page, response, "applicant")
    return response


@router.get(SIGNED_OUT_PATH)
async def on_signed_out(page: CurrentPage) -> Response:
    """The page for who has signed out; who is signed in again since goes to their cases."""
    if await sessions.load(page, "applicant") is not None:
        return page.redirect(MY_PAGES_PATH)
    return page.render("signed_out.html")


def _code_page(page: PageContext, pending: PendingSignIn | None, problem: str = "") -> Response:
    """The page on which the code is entered; without a sign-in whose code is still in force, only what is wrong."""
    return page.render(
        "code.html",
        422 if problem else 200,
        page_path="/mina-sidor/logga-in" if pending is None else "",
        problem=problem,
        over=pending is None,
        sent_at=pending.sent_at if pending is not None else None,
    )


def _verify_code(tx: Tx, page: PageContext, sign_in_id: str, digits: str) -> tuple[str, int]:
    """(session token, attempts left): the token is empty where the code is wrong."""
    sign_in = codes.find_open_sign_in(tx, sign_in_id, page.now)
    if sign_in is None or (tries_left := codes.spend_attempt(tx, sign_in_id)) < 0:
        return "", 0
    if not codes.is_code(page.deps.keys, sign_in_id, digits) or not codes.consume_sign_in(
        tx, sign_in_id, page.now
    ):
        return "", tries_left
    return sessions.create(tx, page, "applicant", sign_in.mailbox), tries_left


async def _send_code(page: PageContext, mailbox: str, next_path: str) -> Response:
    """Request a code. The same steps, rows and response for every mailbox; only delivery checks whether it is known."""
    requested = codes.SignIn(uuid.uuid4().hex, mailbox, page.now)

    def store_code(tx: Tx) -> codes.SignIn | None:
        sign_in = codes.request_code(tx, requested, page.client_hash)
        if sign_in == requested:
            codes_and_scans.enqueue_code_mail(tx, requested.id, page.now)
        return sign_in

    sign_in = await page.deps.service.database.write(store_code)
    if sign_in is None:
        raise EarlyResponse(error_page(page, 429))
    page.deps.service.wake()
    response = page.redirect("/mina-sidor/kod")
    sent_before = 0 if sign_in == requested else int(sign_in.at.timestamp())
    value = sign(page.deps.keys, "sign-in", [sign_in.id, next_path, sent_before])
    page.set_cookie(response, SIGN_IN_COOKIE, value, max_age=int(codes.CODE_LIFETIME.total_seconds()) + 60)
    return response


def _pending_sign_in(page: PageContext) -> PendingSignIn | None:
    match unsign(page.deps.keys, "sign-in", page.cookie(SIGN_IN_COOKIE)):
        case [str(sign_in_id), str(next_path), int(sent_before)]:
            sent_at = datetime.fromtimestamp(sent_before, UTC) if sent_before else None
            return PendingSignIn(sign_in_id, _safe_path(next_path), sent_at)
    return None


async def _link_path(page: PageContext, applicant_id: str, message_id: str) -> str:
    """The target of a mail's link: the message in its case. Not revealed before the code is given.

    Where the address is not confirmed in the case it is the page on which it is, as the mail says; that page leads on
    to Mina sidor where nothing is to be confirmed.
    """
    case_id = await page.deps.service.database.read(
        lambda tx: applicant_queries.find_case_of_applicant(tx, applicant_id)
    )
    if case_id is None:
        return CONFIRM_PATH
    path = f"/mina-sidor/arende/{case_id}"
    return _safe_path(f"{path}?ny={message_id}#m-{message_id}") if message_id else path


async def _is_signed_in_as(page: PageContext, applicant_id: str) -> bool:
    session = await sessions.load(page, "applicant")
    if session is None:
        return False
    return session.subject == await page.deps.service.database.read(
        lambda tx: applicant_queries.find_mailbox(tx, applicant_id)
    )


def _safe_path(path: str) -> str:
    """The path, if it is within Mina sidor: a sign-in must not redirect to another site.

    What is below a case, such as a file or a button's address, leads to the case.
    """
    if _ALLOWED_PATH.fullmatch(path):
        return path
    below_case = _BELOW_CASE.fullmatch(path)
    return below_case["case"] if below_case is not None else MY_PAGES_PATH


def _address_definition() -> Definition:
    label = Text(sv=words("sv")("page.person.email"), en=words("en")("page.person.email"))
    field = Field(key="address", kind="email", label=label, required=True)
    return Definition(service="sign-in", name=label, fields=(field,))
