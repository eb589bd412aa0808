"""Koppla ärenden on the case page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.case_numbers import parse_only_number
from bot.domain.link_wording import describe_links, unlink_visible
from bot.domain.links import OFFERED_KINDS, AlreadyLinked, LinkedToItself, duplicate_statuses, link_both
from bot.domain.rules import Command, Refused
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FilledForm, OfficerForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.store.cases import officer_queries
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

FORM = "link"


@router.get("/handlaggare/{ref}/koppla")
async def on_opened_links(context: SignedInOfficer, ref: str) -> Response:
    return _page(context, await reveal_for_form(context, ref, (), "link"), FilledForm())


@router.post("/handlaggare/{ref}/koppla", dependencies=limited_by(OFFICERS_BUTTON))
async def on_sent_link(page: CurrentPage, ref: str) -> Response:
    """Link the case to another, or remove one of its links."""
    form = await read_officer_form(page, ref, FORM, ())
    context, w = form.context, form.context.page.words
    if form.nonce is None:
        filled = FilledForm(values=form.posted.first_values(), alert=w("page.form.late"))
        return _page(context, form.view, filled, 409)
    action = form.posted.get("do")
    other = "" if action.startswith("unlink:") else await _find_other(form)
    if other is None:
        return _refused(form, {"number": _explain_number(form)})
    try:
        await page.deps.service.perform_both(
            _commands(form, other), context.officer, idempotency_key=form.make_idempotency_key("link")
        )
    except (LinkedToItself, AlreadyLinked) as refusal:
        return _refused(form, {"number": refusal_text(refusal, w)})
    except Refused as refusal:
        return _refused(form, {}, refusal_text(refusal, w))
    done = "linked" if other else "unlinked"
    return redirect_to_case(context, form.view.case.id, form.view.case.number, Flash(done))


def _commands(form: OfficerForm, other: str) -> tuple[Command, Command]:
    """The commands that link the case to the other; without one, that remove the link of the pressed button."""
    if not other:
        return unlink_visible(form.view, form.posted.get("do").removeprefix("unlink:"))
    kind = next((one for one in OFFERED_KINDS if one == form.posted.get("kind")), OFFERED_KINDS[0])
    return link_both(form.view.case.id, other, kind, form.posted.get("closing_status"))


async def _find_other(form: OfficerForm) -> str | None:
    """The id of the case with the typed number, where the officer may see it."""
    page, officer = form.context.page, form.context.officer
    number = parse_only_number(form.posted.get("number"), local_day(page.now))
    if number is None:
        return None
    return await page.deps.service.database.read(
        lambda tx: officer_queries.find_case_by_number(tx, officer, number)
    )


def _explain_number(form: OfficerForm) -> str:
    """Why what was typed as the other case's number leads to none: it is no number, or no case has it."""
    page, typed = form.context.page, form.posted.get("number").strip()
    if parse_only_number(typed, local_day(page.now)) is None:
        return page.words("no.link.number")
    return page.words("no.link.unknown", number=typed[:60])


def _refused(form: OfficerForm, problems: dict[str, str], alert: str = "") -> Response:
    filled = FilledForm(values=form.posted.first_values(), problems=problems, alert=alert)
    return _page(form.context, form.view, filled, 422 if problems else 409)


def _page(context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200) -> Response:
    page, service = context.page, context.find_service(view)
    statuses = duplicate_statuses(view.case, context.officer, service) if service is not None else []
    return page.render(
        "officer/links.html",
        status,
        **case_header(context, view),
        filled=filled,
        statuses=statuses,
        proposed=next((one.key for one in statuses if one.for_duplicates), ""),
        kinds=OFFERED_KINDS,
        links=describe_links(view, page.catalog, page.words),
        key=context.create_form_key(FORM, view.case.id),
    )
