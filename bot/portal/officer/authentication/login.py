"""Sign-in of officers by a link from Slack."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import find_officer, officer_name
from bot.portal import sessions
from bot.portal.dependencies import PortalDependencies
from bot.portal.forms.limits import BUTTON, OFFICERS_BUTTON
from bot.portal.officer.officer_context import SignedInOfficer, closed_page
from bot.portal.page_context import CurrentPage, PageContext
from bot.store import Tx
from bot.store.authentication import login_tokens
from bot.store.cases import system_queries
from bot.store.lists import open_lists
from bot.store.officers import batches, preferences
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

OVERVIEW_PATH = "/handlaggare"
RETENTION_PATH = f"{OVERVIEW_PATH}/gallring"
FIGURES_PATH = f"{OVERVIEW_PATH}/statistik"
REGISTRATION_PATH = f"{OVERVIEW_PATH}/registrera"

_SUBPAGE_PARAMETER = "sida"

_PATHS = {
    "": OVERVIEW_PATH,
    login_tokens.RETENTION_TARGET: RETENTION_PATH,
    login_tokens.FIGURES_TARGET: FIGURES_PATH,
    login_tokens.REGISTRATION_TARGET: REGISTRATION_PATH,
}
"""Where a link leads by its target, where that is no case, batch or list."""

_TEXT_NAMES = {
    OVERVIEW_PATH: "overview",
    RETENTION_PATH: "overview",
    FIGURES_PATH: "figures",
    REGISTRATION_PATH: "registration",
}
"""What the pages that are about no case are called in the texts of a login link."""


@dataclass(frozen=True)
class _Link:
    """A login link, used or not: whom it is for, and who is signed in."""

    officer: str
    path: str
    """Where it leads: a case page, the page of a batch, or the overview."""
    usable: bool
    signed_in: str
    """The key of the session's officer; empty where there is none."""

    @property
    def is_anothers(self) -> bool:
        return self.signed_in not in ("", self.officer)

    @property
    def is_ones_own(self) -> bool:
        return self.signed_in == self.officer


async def create_login_link(deps: PortalDependencies, officer_key: str, target: str) -> str:
    """Create a link that works once, within a minute, for that officer.

    With a case's id it leads to the case page, and with `SUMMARY_PAGE` after a slash to that page of the case; with a
    batch's id to the page of that, with a target of `login_tokens` to the page that it names, and with an empty one to
    the overview.
    """
    token = secrets.token_urlsafe(32)
    case_id, _, subpage = target.partition("/")
    hashed, now = deps.keys.hash_token(token), deps.service.clock()
    await deps.service.database.write(
        lambda tx: login_tokens.create_login_token(tx, hashed, officer_key, case_id, now)
    )
    query = f"?{urlencode({_SUBPAGE_PARAMETER: subpage})}" if subpage else ""
    return deps.url(f"/handlaggare/in/{token}{query}")


@router.get("/handlaggare/in/{token}")
async def on_opened_login_link(page: CurrentPage, token: str) -> Response:
    """The page of a login link. Only its button uses the link, which link scanners would otherwise use up.

    An officer who is signed in already is redirected to where it leads.
    """
    link = await _find_link(page, token)
    page = await _in_officers_language(page, link)
    if link is not None and link.is_ones_own:
        return page.redirect(link.path)
    if link is None or not link.usable:
        return closed_page(page, 410, is_link_used=True)
    return _login_page(page, link, token, 200)


@router.post("/handlaggare/in/{token}", dependencies=limited_by(BUTTON))
async def on_used_login_link(page: CurrentPage, token: str) -> Response:
    link = await _find_link(page, token)
    page = await _in_officers_language(page, link)
    if link is not None and link.usable and link.is_anothers:
        return _login_page(page, link, token, 409)
    session = await page.deps.service.database.write(lambda tx: _sign_in(tx, page, token))
    if link is not None and session is not None:
        response = page.redirect(link.path)
        sessions.set_cookie(page, response, "officer", session)
        return response
    if link is not None and link.is_ones_own:
        return page.redirect(link.path)
    return closed_page(page, 410, is_link_used=True)


async def _find_link(page: PageContext, token: str) -> _Link | None:
    hashed, session = page.deps.keys.hash_token(token), await sessions.load(page, "officer")

    def find(tx: Tx) -> _Link | None:
        found = login_tokens.find_login_token(tx, hashed)
        if found is None:
            return None
        officer, case_id = found
        usable = login_tokens.is_login_token_usable(tx, hashed, page.now)
        return _Link(
            officer,
            _find_path(tx, officer, case_id, _find_subpage(page)),
            usable,
            session.subject if session else "",
        )

    return await page.deps.service.database.read(find)


async def _in_officers_language(page: PageContext, link: _Link | None) -> PageContext:
    """In the one that the officer whom the link is for has chosen, unless the address names one, or the officer who is
    signed in is another."""
    if link is None or link.is_anothers or page.request.query_params.get("lang"):
        return page
    chosen = await page.deps.service.database.read(lambda tx: preferences.load(tx, link.officer))
    return page.in_language(chosen.language) if chosen.language else page


def _find_subpage(page: PageContext) -> str:
    """The end of the path of the page below the case page that the link leads to; empty for none."""
    is_summary = page.request.query_params.get(_SUBPAGE_PARAMETER) == login_tokens.SUMMARY_PAGE
    return f"/{login_tokens.SUMMARY_PAGE}" if is_summary else ""


def _find_path(tx: Tx, officer: str, case_id: str, subpage: str) -> str:
    if case_id in _PATHS:
        return _PATHS[case_id]
    if batches.load(tx, officer, case_id) is not None:
        return f"{OVERVIEW_PATH}/andringar/{case_id}"
    if open_lists.load(tx, officer, case_id) is not None:
        return f"{OVERVIEW_PATH}/lista/{case_id}"
    number = system_queries.load_numbers(tx, [case_id]).get(case_id, case_id)
    return f"{OVERVIEW_PATH}/{number}{subpage}"


def _sign_in(tx: Tx, page: PageContext, token: str) -> str | None:
    """Use the link, and create a session. Returns its token; None where the link is no longer valid."""
    found = login_tokens.consume_login_token(tx, page.deps.keys.hash_token(token), page.now)
    if found is None or find_officer(page.catalog, found[0], local_day(page.now)) is None:
        return None
    return sessions.create(tx, page, "officer", found[0])


def _login_page(page: PageContext, link: _Link, token: str, status: int) -> Response:
    names = {
        "name": officer_name(f"officer:{link.officer}", page.catalog),
        "other": officer_name(f"officer:{link.signed_in}", page.catalog) if link.is_anothers else "",
    }
    to = _TEXT_NAMES.get(link.path, "case")
    return page.render(
        "officer/login_link.html", status, token=token, to=to, subpage=_find_subpage(page).strip("/"), **names
    )


@router.post("/handlaggare/kvar", dependencies=limited_by(OFFICERS_BUTTON))
async def on_extended_session(context: SignedInOfficer) -> Response:
    """Nothing to do: loading the session has extended it."""
    return Response(status_code=204)
