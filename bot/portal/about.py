"""The municipality's pages about accessibility, personal data and cookies, and the help for applicants."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.retention_plan import rule_text
from bot.portal.applicant.services import search_services
from bot.portal.applicant.sign_in import SIGN_IN_COOKIE
from bot.portal.applicant.submission.receipt import RECEIPT_COOKIE
from bot.portal.errors import EarlyResponse, error_page
from bot.portal.flash import FLASH_COOKIE
from bot.portal.forms.form_drafts import DRAFT_COOKIE
from bot.portal.officer.authentication.openid import ATTEMPT_COOKIE, SIGNED_IN_COOKIE
from bot.portal.officer.last_list import LIST_COOKIE
from bot.portal.page_context import LANGUAGE_COOKIE, CurrentPage, PageContext
from bot.portal.sessions import COOKIES

router = APIRouter(prefix="/om")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that the pages set: its name, and the key of the text that says what it is for and how long it lasts."""

    name: str
    purpose: str


APPLICANTS_COOKIES = (
    Cookie(LANGUAGE_COOKIE, "about.cookie.language"),
    Cookie(SIGN_IN_COOKIE, "about.cookie.code"),
    Cookie(COOKIES["applicant"], "about.cookie.applicant"),
    Cookie(DRAFT_COOKIE, "about.cookie.form"),
    Cookie(RECEIPT_COOKIE, "about.cookie.receipt"),
    Cookie(FLASH_COOKIE, "about.cookie.flash"),
)
OFFICERS_COOKIES = (
    Cookie(COOKIES["officer"], "about.cookie.officer"),
    Cookie(ATTEMPT_COOKIE, "about.cookie.attempt"),
    Cookie(SIGNED_IN_COOKIE, "about.cookie.signed_in"),
    Cookie(FLASH_COOKIE, "about.cookie.flash"),
    Cookie(LIST_COOKIE, "about.cookie.list"),
)


@router.get("/hjalp")
async def on_opened_help(page: CurrentPage) -> Response:
    return page.render("about/help.html")


@router.get("/tillganglighet")
async def on_opened_accessibility(page: CurrentPage) -> Response:
    """What does not yet work for everyone, and how to report it. Not found where the catalog says nothing of it."""
    statement = page.catalog.municipality.accessibility
    if statement is None:
        raise EarlyResponse(error_page(page, 404))
    return page.render("about/accessibility.html", statement=statement)


@router.get("/personuppgifter")
async def on_opened_personal_data(page: CurrentPage) -> Response:
    """Who is responsible, why, and how long each e-service's cases are kept."""
    notice = page.catalog.municipality.personal_data
    if notice is None:
        raise EarlyResponse(error_page(page, 404))
    return page.render("about/personal_data.html", notice=notice, rules=_retention_rules(page))


@router.get("/kakor")
async def on_opened_cookies(page: CurrentPage) -> Response:
    return page.render("about/cookies.html", applicants=APPLICANTS_COOKIES, officers=OFFICERS_COOKIES)


def _retention_rules(page: PageContext) -> list[tuple[str, str, str]]:
    """(e-service, how long its cases are kept, by which paragraph) of each that the public can apply to."""
    return [
        (service.name.in_(page.language), rule_text(service.retention, page.words), service.retention.basis)
        for _, services in search_services(page.catalog, "external", "", page.language)
        for service in services
    ]
