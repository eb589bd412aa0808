"""Sign-in of officers by the municipality's OpenID Connect provider."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.models import Catalog
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.openid import Claims, OpenIdClient, SignInAttempt
from bot.domain.actors import find_officer
from bot.portal import sessions
from bot.portal.forms.limits import BUTTON
from bot.portal.officer.authentication.login import OVERVIEW_PATH
from bot.portal.officer.officer_context import load_context
from bot.portal.page_context import SIGN_IN_PATH, CurrentPage, PageContext
from bot.portal.signing import sign, unsign
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

log = structlog.get_logger()
router = APIRouter()

ANSWER_PATH = f"{SIGN_IN_PATH}/svar"

ATTEMPT_COOKIE = "inloggning"
ATTEMPT_LIFETIME = timedelta(minutes=10)
SIGNED_IN_COOKIE = "inloggad-hos-kommunen"
"""Held by browsers that signed in by the provider, and so are to be signed out of it too."""

_ALLOWED_PATH = re.compile(r"/handlaggare(/[A-Za-z0-9-]{1,64}){0,4}")


@router.get(SIGN_IN_PATH, dependencies=limited_by(BUTTON))
async def on_opened_sign_in(page: CurrentPage, till: str = OVERVIEW_PATH, konto: str = "") -> Response:
    """Send the browser to the provider. An officer who is signed in already goes straight on.

    With `konto` the provider is to ask for an account again, though it knows the browser.
    """
    openid, next_path = _require_openid(page), _safe_path(till)
    if await load_context(page) is not None:
        return page.redirect(next_path)
    attempt = SignInAttempt.create()
    try:
        response = page.redirect(await openid.authorization_url(attempt, ask_again=bool(konto)))
    except (TemporaryFailure, PermanentFailure) as error:
        return _failure_page(page, error, next_path)
    values = [attempt.state, attempt.nonce, attempt.verifier, next_path, int(page.now.timestamp())]
    signed = sign(page.deps.keys, "openid", values)
    page.set_cookie(response, ATTEMPT_COOKIE, signed, int(ATTEMPT_LIFETIME.total_seconds()))
    return response


@router.get(ANSWER_PATH, dependencies=limited_by(BUTTON))
async def on_answered(page: CurrentPage) -> Response:
    """The browser comes back from the provider. Whatever it brings, its attempt is used up."""
    response = await _answer(page, _require_openid(page))
    page.delete_cookie(response, ATTEMPT_COOKIE)
    return response


async def _answer(page: PageContext, openid: OpenIdClient) -> Response:
    attempt, next_path = _read_attempt(page)
    parameters = page.request.query_params
    if attempt is None or not _equal(parameters.get("state", ""), attempt.state):
        if await load_context(page) is not None:
            return page.redirect(next_path)
        return _problem_page(page, "late", next_path, 400)
    try:
        await openid.require_issuer(parameters.get("iss", ""))
        if parameters.get("error") or not parameters.get("code"):
            log.warning("openid_sign_in_refused", trouble="provider_denied")
            return _problem_page(page, "denied", next_path, 403)
        claim = page.deps.openid_claim
        expected = {claim, "email_verified"} if claim == "email" else {claim}
        claims = await openid.redeem(parameters["code"], attempt, expected, page.now)
    except (TemporaryFailure, PermanentFailure) as error:
        return _failure_page(page, error, next_path)
    officer = find_officer_key(page.catalog, claims, claim)
    if officer is None or find_officer(page.catalog, officer, local_day(page.now)) is None:
        log.warning("openid_sign_in_refused", trouble="no_officer")
        return _problem_page(page, "unknown", next_path, 403)
    return await _sign_in(page, officer, next_path)


def find_officer_key(catalog: Catalog, claims: Claims, claim: str) -> str | None:
    """Whom the claim names: with an @ by mail address, otherwise by key. None for nobody.

    The claim `email` counts only where the provider says that the address is theirs (`email_verified`): in many
    directories people write their own. Other claims, such as `upn`, are taken to be given out by the municipality.
    """
    value = claims.get(claim)
    if not isinstance(value, str) or (claim == "email" and claims.get("email_verified") is not True):
        return None
    if "@" not in value:
        return value if catalog.officer(value) is not None else None
    found = catalog.officer_by_email(value)
    return found.key if found is not None else None


async def _sign_in(page: PageContext, officer: str, next_path: str) -> Response:
    """Begin a session, and end the one that the browser had."""
    response = page.redirect(next_path)
    await sessions.end(page, response, "officer")
    token = await page.deps.service.database.write(lambda tx: sessions.create(tx, page, "officer", officer))
    sessions.set_cookie(page, response, "officer", token)
    page.set_cookie(response, SIGNED_IN_COOKIE, "1")
    return response


def _read_attempt(page: PageContext) -> tuple[SignInAttempt | None, str]:
    """The browser's attempt, with the path to go on to; None where it has none that is still valid."""
    match unsign(page.deps.keys, "openid", page.cookie(ATTEMPT_COOKIE)):
        case [str(state), str(nonce), str(verifier), str(next_path), int(at)]:
            is_valid = page.now.timestamp() - at < ATTEMPT_LIFETIME.total_seconds()
            return (SignInAttempt(state, nonce, verifier) if is_valid else None), _safe_path(next_path)
    return None, OVERVIEW_PATH


def _failure_page(page: PageContext, error: TemporaryFailure | PermanentFailure, next_path: str) -> Response:
    if isinstance(error, TemporaryFailure):
        log.warning("openid_provider_down", trouble=error.trouble)
        return _problem_page(page, "down", next_path, 503)
    log.error("openid_sign_in_refused", trouble=error.trouble)
    return _problem_page(page, "refused", next_path, 502)


def _problem_page(page: PageContext, problem: str, next_path: str, status: int) -> Response:
    """Why nobody was signed in, with the ways that are left."""
    parameters = {"till": next_path} | ({"konto": "annat"} if problem == "unknown" else {})
    again = f"{SIGN_IN_PATH}?{urlencode(parameters)}"
    return page.render("officer/sign_in_failed.html", status, problem=problem, again=again)


def _require_openid(page: PageContext) -> OpenIdClient:
    if page.deps.openid is None:
        raise HTTPException(404)
    return page.deps.openid


def _safe_path(path: str) -> str:
    """The path where it is one of the officers' pages, otherwise the overview."""
    return path if _ALLOWED_PATH.fullmatch(path) else OVERVIEW_PATH


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
