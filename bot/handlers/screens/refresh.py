"""After a change: open views of the case are refreshed, and delayed deliveries are reported."""

from __future__ import annotations

from bot.blocks.cases import case_modal as case_modal_blocks
from bot.blocks.cases.case_words import case_reference
from bot.blocks.lists.home import HOME_MODAL_ID
from bot.blocks.private import case_button, private_message
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.screens import case_modal, home
from bot.store.outbox import delivery_counts
from bot.store.outbox.applicant_mail import APPLICANT_MAIL_KINDS


async def after_change(context: SlackContext) -> None:
    """Close the form, if there is one, and refresh after the acknowledgement.

    A person who was told that it takes longer gets a confirmation.
    """
    if context.request.is_submission:
        await context.responder.close_form(context.words("ok.saved"))
    elif context.responder.is_late and not context.request.is_in_view:
        await context.responder.respond_privately(private_message(context.words("ok.saved")))
    context.performer.run_after_ack(_refresh_views(context))


async def after_press(context: SlackContext, key: str) -> None:
    """As `after_change`; a press in a message that is not redrawn is answered with what the text of `key` says."""
    if context.request.is_in_view or context.request.is_on_card:
        await after_change(context)
    else:
        await reply_and_refresh(context, await find_case(context, context.case_id), key)


async def reply_and_refresh(context: SlackContext, found: FoundCase, key: str, **facts: str) -> None:
    """Reply what a command or an answered question has changed, with a button to the case; then as `after_change`."""
    case_name = case_reference(found.case, found.service, context.words)
    show = case_button("btn.show", found.case.id, context.words)
    await context.responder.respond_privately(
        private_message(context.words(key, case=case_name, **facts), show)
    )
    context.performer.run_after_ack(_refresh_views(context))


async def _refresh_views(context: SlackContext) -> None:
    if context.request.view.callback_id == case_modal_blocks.ID:
        position = case_modal.position_from_metadata(context.request.metadata)
        await context.responder.update_view(
            await case_modal.build_view(context, position, context.request.view.id)
        )
        await refresh_home(context)
    elif context.request.view.callback_id == HOME_MODAL_ID:
        await home.on_refresh(context)
    else:
        await refresh_parent_view(context)
    if context.request.response_url:
        await _report_delay(context)


async def refresh_parent_view(context: SlackContext) -> None:
    """Refresh the case's modal that the form was opened from, and the App Home below it."""
    view_id = context.request.view.previous_view_id
    if view_id and "tab" in context.request.metadata:
        position = case_modal.position_from_metadata(context.request.metadata)
        await context.responder.update_view_by_id(
            str(view_id), await case_modal.build_view(context, position, str(view_id))
        )
    await refresh_home(context)


async def refresh_home(context: SlackContext) -> None:
    """Refresh App Home, where the form was opened from it, or from a case that was."""
    if context.request.is_from_app_home:
        await home.refresh_home(context)


async def _report_delay(context: SlackContext) -> None:
    """Tell the person if the change's deliveries are delayed."""
    await context.deps.sleep(context.deps.delay_check_after)
    if key := await find_delay_key(context):
        if context.service is None:
            # The sentence names the applicant as the e-service of the case does.
            await find_case(context, context.case_id)
        await context.responder.respond_privately(private_message(context.words(key)))


async def find_delay_key(context: SlackContext) -> str:
    """The key of the sentence about the case's delayed deliveries; empty where there are none."""
    service = context.deps.service
    delayed = await service.database.read(
        lambda tx: delivery_counts.count_delayed(tx, service.clock(), context.case_id)
    )
    if delayed.get("card"):
        return "ok.later"
    return "ok.mail.later" if any(delayed.get(kind) for kind in APPLICANT_MAIL_KINDS) else ""
