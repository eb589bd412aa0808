"""The slash command for statistics: a coordinator's figures, in their chat with the bot, and the way to their page."""

from __future__ import annotations

import uuid
from functools import partial

from bot.blocks.block_kit.elements import button
from bot.blocks.block_kit.message import Message
from bot.blocks.lists.figures import FIGURES_BUTTON, ShownFigures, figures_message, figures_without_charts
from bot.blocks.private import MAX_WORD_SHOWN
from bot.catalog.services import EService, words_for
from bot.clients.errors import PermanentFailure
from bot.clients.slack_messages import Post
from bot.domain.figure_tables import build_tables
from bot.domain.figures import NotACoordinator, coordinated_services, last_months
from bot.handlers.commands.case_argument import slash_command_of
from bot.handlers.request.context import SlackContext
from bot.store.figures.reading import load_report
from bot.text.nearest import find_named
from bot.text.working_days import local_day

MONTHS = 12


async def show_figures(context: SlackContext, typed: str) -> None:
    """Answer with the last months' figures of the e-services that the officer coordinates, or of the one named.

    Those of strict e-services are on the page only. Raises NotACoordinator.
    """
    catalog = context.deps.service.catalog
    services = [catalog.services[key] for key in coordinated_services(context.officer, catalog)]
    if not services:
        raise NotACoordinator
    shown = [service for service in services if not service.strict]
    if typed and not (chosen := find_named(typed, _names(shown)).found):
        await _respond_unknown(context, typed, shown)
        return
    chosen_services = [chosen] if typed and chosen else shown
    if not chosen_services:
        page = button(context.words("figures.slack.page"), FIGURES_BUTTON)
        await context.responder.respond(context.words("figures.slack.strict"), page)
        return
    await _respond(context, chosen_services, has_strict=not typed and len(shown) < len(services))


async def _respond(context: SlackContext, services: list[EService], *, has_strict: bool) -> None:
    deps, language = context.deps, context.words.language
    words = words_for(services[0] if len(services) == 1 else None, context.words)
    today = local_day(deps.service.clock())
    keys = tuple(service.key for service in services)
    read = partial(load_report, services=keys, period=last_months(MONTHS, today), today=today)
    report = await deps.service.database.read(read)
    tables = build_tables(report, deps.service.catalog, today, words)
    title = services[0].name.in_(language) if len(services) == 1 else words("page.figures.every")
    shown = ShownFigures(title, report, tables, words, has_strict)
    channel = await deps.slack.open_dm(context.request.user_id)
    await _post(context, channel, figures_message(shown), figures_without_charts(shown))
    if channel != context.request.channel_id:
        await context.responder.respond(context.words("figures.slack.sent"))


async def _post(context: SlackContext, channel: str, message: Message, without_charts: Message) -> None:
    """Post the message; the other one where Slack refuses it, as it does with kinds of blocks that it does not know."""
    slack = context.deps.slack
    for one in (message, without_charts):
        post = Post(text=one.text, blocks=one.blocks, case_id="", intent_id=uuid.uuid4().hex)
        try:
            await slack.post_message(channel, post)
            return
        except PermanentFailure:
            if one is without_charts:
                raise


async def _respond_unknown(context: SlackContext, typed: str, services: list[EService]) -> None:
    guesses = find_named(typed, _names(services)).guesses
    if guesses:
        command = f"{slash_command_of(context)} {context.words('figures.slack.word')}"
        language = context.words.language
        named = context.words.either(f"{command} {service.name.in_(language)}" for service in guesses)
        await context.responder.respond(context.words("no.command", word=typed[:MAX_WORD_SHOWN], guess=named))
    else:
        await context.responder.respond(context.words("figures.slack.unknown", word=typed[:MAX_WORD_SHOWN]))


def _names(services: list[EService]) -> list[tuple[str, EService]]:
    return [
        (name, service) for service in services for name in (service.name.sv, service.name.en, service.key)
    ]
