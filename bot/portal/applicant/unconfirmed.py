"""Confirmation, afterwards, that a case is the signed-in applicant's: by its number."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import Applicant
from bot.domain.case_numbers import parse_leading_number
from bot.domain.confirmation import ConfirmAddress
from bot.portal.applicant.applicant_context import ApplicantContext, SignedInApplicant, may_follow
from bot.portal.applicant.case_redirect import redirect_to_case
from bot.portal.flash import Flash, clear_flash, read_flash, redirect_with
from bot.portal.forms.limits import APPLICANTS_BUTTON
from bot.portal.forms.posted_form import read_form
from bot.store.cases import applicant_queries
from bot.store.cases.applicant_queries import UnconfirmedApplicant
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

CONFIRM_PATH = "/mina-sidor/bekrafta"
PAGE_NAME = "confirmation"


async def find_unconfirmed(context: ApplicantContext) -> list[UnconfirmedApplicant]:
    """The applicants with the signed-in mailbox in cases that are not shown, since it may be another's."""
    return await context.page.deps.service.database.read(
        lambda tx: applicant_queries.find_unconfirmed(tx, context.subject)
    )


@router.get(CONFIRM_PATH)
async def on_opened_confirmation(context: SignedInApplicant) -> Response:
    """The page, or that it is done; there is nothing to confirm where somebody has done so in another window."""
    flash = read_flash(context, PAGE_NAME)
    if flash.done:
        response = context.page.render("confirmed.html")
        clear_flash(context, response, flash)
        return response
    if not await find_unconfirmed(context):
        return context.page.redirect("/mina-sidor")
    return _page(context)


@router.post(CONFIRM_PATH, dependencies=limited_by(APPLICANTS_BUTTON))
async def on_entered_number(context: SignedInApplicant) -> Response:
    page = context.page
    typed = (await read_form(page)).get("number")
    # Numbers are easily guessed by who sends in a case of their own, so few are tried for each mailbox.
    rate_limit = page.deps.number_limiter.acquire(context.subject, page.now)
    if not rate_limit.is_allowed:
        problem = page.words("page.unconfirmed.wait", n=rate_limit.wait_minutes)
        return _page(context, typed, problem, 429)
    parsed = parse_leading_number(typed.strip(), local_day(page.now))
    number = parsed[0] if parsed is not None else ""
    waiting = await find_unconfirmed(context)
    if not waiting:
        return page.redirect("/mina-sidor")
    own = [one for one in waiting if one.number == number]
    if not own:
        return _page(context, typed, page.words("page.unconfirmed.wrong"), 422)
    await _confirm(context, own)
    view = await page.deps.service.database.read(
        lambda tx: applicant_queries.load_applicant_case(
            tx, _applicant(context, own), own[0].case_id, page.now
        )
    )
    if view is not None and may_follow(page.catalog.service(view.case.service)):
        return redirect_to_case(context, own[0].case_id, "confirmed")
    return redirect_with(context, CONFIRM_PATH, PAGE_NAME, Flash("confirmed"))


async def _confirm(context: ApplicantContext, own: list[UnconfirmedApplicant]) -> None:
    command = ConfirmAddress(case_id=own[0].case_id)
    await context.page.deps.service.perform(command, _applicant(context, own))


def _applicant(context: ApplicantContext, own: list[UnconfirmedApplicant]) -> Applicant:
    return Applicant(ids=frozenset(one.id for one in own), mailbox=context.subject)


def _page(context: ApplicantContext, typed: str = "", problem: str = "", status: int = 200) -> Response:
    return context.page.render("unconfirmed.html", status, number=typed, problem=problem)
