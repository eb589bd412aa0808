"""What the applicant does in a case: answers, adds information, confirms receipt."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.correspondence import AddInformation, ConfirmReceipt, ReceiveMessage, may_add
from bot.domain.intake import FileRef
from bot.domain.rules import Refused
from bot.portal.applicant.case import Typed, answer_bound, case_page
from bot.portal.applicant.mine import Mine, MyCase, SignedIn, my_case, signed_in
from bot.portal.errors import why_not
from bot.portal.expired import still_typed, was_given
from bot.portal.kept import bound, files_of, refusals, said_late
from bot.portal.limits import APPLICANTS_BUTTON, APPLICANTS_TEXT, takes
from bot.portal.signing import form_key, read_form_key
from bot.portal.uploads import Posted, read_form
from bot.portal.visit import Here

router = APIRouter()

FILES = "files"


@router.post("/mina-sidor/arende/{case_id}", dependencies=takes(APPLICANTS_TEXT))
async def on_answered(visit: Here, case_id: str) -> Response:
    mine = await signed_in(visit)
    if mine is None:
        posted = await read_form(visit, lambda key: was_given(visit, key, ["answer", case_id]))
        return still_typed(visit, posted, f"/mina-sidor/arende/{case_id}")
    my, bound_to = await my_case(mine, case_id), answer_bound(mine, case_id)
    posted = await read_form(visit, lambda key: read_form_key(visit.kit.keys, bound_to, key, visit.now))
    return await _answer(mine, my, posted)


async def _answer(mine: Mine, my: MyCase, posted: Posted) -> Response:
    visit, case_id = mine.visit, my.view.case.id
    nonce = read_form_key(visit.kit.keys, answer_bound(mine, case_id), posted.one("key"), visit.now)
    kept = await files_of(visit, posted, FILES, nonce) if nonce else []
    refused = refusals(visit, posted.refused(FILES))
    late = [] if nonce else [said_late(visit, posted)]
    key = posted.one("key") if nonce else ""
    typed = Typed(posted.one("text"), posted.one("kind") or "add", late, kept, key, refused)
    if refused or late or posted.one("do").startswith(("remove_file:", "lang")):
        return case_page(mine, my, typed)
    files = tuple(one.file for one in kept)
    command = _command(my, typed, files)
    try:
        done = await visit.kit.service.perform(command, mine.applicant, once=f"answer:{nonce}")
    except Refused as no:
        return case_page(mine, await my_case(mine, case_id), _again(mine, case_id, typed, no))
    ok = "added" if isinstance(command, AddInformation) else "sent"
    message = done.ids.get("message_id", "")
    return visit.go(f"/mina-sidor/arende/{case_id}?ok={ok}#m-{message}")


def _again(mine: Mine, case_id: str, typed: Typed, no: Refused) -> Typed:
    """Filled in as it was, with a fresh key: the old one has its answer, which is the refusal."""
    visit, for_whom = mine.visit, answer_bound(mine, case_id)
    key = form_key(visit.kit.keys, for_whom, visit.now)
    nonce = read_form_key(visit.kit.keys, for_whom, key, visit.now) or ""
    kept = bound(visit, [one.file for one in typed.kept], FILES, nonce)
    return Typed(typed.text, typed.kind, [why_not(no, visit.words)], kept, key)


def _command(my: MyCase, typed: Typed, files: tuple[FileRef, ...]) -> AddInformation | ReceiveMessage:
    """A question is a message; otherwise what is sent while something is asked for adds to the case."""
    case = my.view.case
    asked = my.service is not None and may_add(case, my.service)
    if asked and typed.kind != "question":
        return AddInformation(case_id=case.id, text=typed.text, files=files)
    return ReceiveMessage(case_id=case.id, text=typed.text, files=files)


@router.post("/mina-sidor/arende/{case_id}/kvittera", dependencies=takes(APPLICANTS_BUTTON))
async def on_confirmed_receipt(mine: SignedIn, case_id: str) -> Response:
    visit = mine.visit
    await my_case(mine, case_id)
    posted = await read_form(visit)
    message = posted.one("message")
    key = read_form_key(visit.kit.keys, answer_bound(mine, case_id), posted.one("key"), visit.now)
    if key is not None:
        command = ConfirmReceipt(case_id=case_id, message_id=message)
        await visit.kit.service.perform(command, mine.applicant)
    return visit.go(f"/mina-sidor/arende/{case_id}?ok=receipted")
