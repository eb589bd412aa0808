"""What follows a change: the case is drawn anew where it is open, and a delay is told."""

from __future__ import annotations

from bot.blocks.cases import case_modal as case_modal_blocks
from bot.blocks.cases.case_words import case_reference
from bot.blocks.private import case_button, private_message
from bot.handlers.request.found_case import FoundCase
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import case_modal, home
from bot.store.outbox import deliveries


async def after_change(request: SlackRequest) -> None:
    """Close the form, if it was one, and go on after the acknowledgement.

    Whoever was told that it takes longer was promised a word when it is done.
    """
    if request.is_submission:
        await request.close_form(request.words("ok.saved"))
    elif request.is_late and not request.view:
        await request.respond_privately(private_message(request.words("ok.saved")))
    request.run_after_ack(_refresh_views(request))


async def reply_and_refresh(request: SlackRequest, found: FoundCase, key: str, **facts: str) -> None:
    """Say what a command did to the case, with the way to it; and go on as after any change."""
    case_name = case_reference(found.case, found.service, request.words)
    show = case_button("btn.show", found.case.id, request.words)
    await request.respond_privately(private_message(request.words(key, case=case_name, **facts), show))
    request.run_after_ack(_refresh_views(request))


async def _refresh_views(request: SlackRequest) -> None:
    if request.view.get("callback_id") == case_modal_blocks.ID:
        position = case_modal.position_from_metadata(request.metadata)
        await request.update_view(await case_modal.build_view(request, position, str(request.view["id"])))
        await refresh_home(request)
    else:
        await refresh_parent_view(request)
    if request.body.get("response_url"):
        await _report_delay(request)


async def refresh_parent_view(request: SlackRequest) -> None:
    """Draw the case anew in the modal that the form was opened from, and App Home beneath that one."""
    view_id = request.view.get("previous_view_id")
    if view_id and "tab" in request.metadata:
        position = case_modal.position_from_metadata(request.metadata)
        await request.update_view_by_id(
            str(view_id), await case_modal.build_view(request, position, str(view_id))
        )
    await refresh_home(request)


async def refresh_home(request: SlackRequest) -> None:
    """Draw App Home anew where the form was opened from it, or from a case that was."""
    if request.is_from_app_home:
        await home.refresh_home(request)


async def _report_delay(request: SlackRequest) -> None:
    """The change is in the store; where Slack or the mail does not take it now, it goes out later."""
    await request.deps.sleep(request.deps.delay_check_after)
    if key := await find_delay_key(request):
        await request.respond_privately(private_message(request.words(key)))


async def find_delay_key(request: SlackRequest) -> str:
    """The key of what is to be said of the case's deliveries that wait, empty where none do."""
    service = request.deps.service
    delayed = await service.database.read(
        lambda tx: deliveries.count_delayed(tx, service.clock(), case_id=request.case_id)
    )
    if delayed.get("card"):
        return "ok.later"
    return "ok.mail.later" if delayed.get("mail") else ""
