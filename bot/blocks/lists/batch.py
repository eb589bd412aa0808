"""Batches: the officer's message about one, those to the colleagues whom it concerns, and the cases it skipped."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import Element, actions, button, context, divider, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.block_kit.view import View, modal
from bot.blocks.values import BatchRef, CaseRef, PageNumber, encode
from bot.catalog.models import Catalog
from bot.domain.lists.batch_wording import batch_sentence, cancel_label, describe_times
from bot.domain.lists.batches import BatchProgress, SkippedCase
from bot.domain.lists.case_lists import stored_name
from bot.text import Words

BATCHES_ID = "batches"
MAX_LISTED_BATCHES = 20
SKIPPED_ID = "batch:skipped"
SKIPPED_PAGE_SIZE = 20


def batch_message(batch: BatchProgress, catalog: Catalog, words: Words) -> Message:
    """How far the batch has come, and what can be done about it."""
    text = batch_sentence(batch, catalog, words)
    buttons: list[Element] = []
    if batch.has_file:
        text = f"{text} {words('batches.file.until')}"
        buttons.append(
            button(words("batches.btn.file"), "batch:page", encode(BatchRef(batch.id)), style="primary")
        )
    if not batch.is_finished:
        buttons.append(button(cancel_label(batch.action, words), "batch:cancel", encode(BatchRef(batch.id))))
    if batch.skipped:
        buttons.append(button(words("batches.btn.skipped"), "batch:skipped", encode(BatchRef(batch.id))))
    if not batch.has_file:
        buttons.append(button(words("batches.btn.page"), "batch:page", encode(BatchRef(batch.id))))
    blocks = [section(text), *([actions(buttons)] if buttons else [])]
    return Message(escape_within(text, 3_900), blocks)


def batches_modal(found: Sequence[BatchProgress], catalog: Catalog, words: Words) -> View:
    """The officer's newest batches, each with when it was begun and what can be done about it."""
    blocks = [context(words("page.bulk.all.text")), actions([button(words("btn.refresh"), "batch:refresh")])]
    for one in found[:MAX_LISTED_BATCHES]:
        times = context(*describe_times(one, words))
        blocks += [divider(), *batch_message(one, catalog, words).blocks, times]
    if not found:
        blocks.append(section(words("page.bulk.none")))
    return modal(BATCHES_ID, words("batches.title"), blocks, {}, close=words("btn.close"))


def moved_cases_message(name: str, role: str, count: int, words: Words) -> Message:
    """To a colleague: that the named officer has given them cases (`assigned`), or taken some (`removed`)."""
    text = words(f"batches.{role}", n=count, name=name)
    own_cases_button = button(words("batches.btn.mine"), f"home:list:{stored_name('mine')}")
    return Message(escape_within(text, 3_900), [section(text), actions([own_cases_button])])


def skipped_modal(
    batch: BatchProgress, cases: Sequence[SkippedCase], page: int, catalog: Catalog, words: Words
) -> View:
    """A page of the cases that the batch skipped, each with the reason."""
    rows = [
        section(
            f"{case.number}\n{case.refusal.in_words(words)}",
            button(words("btn.show"), "case:show", encode(CaseRef(case.case_id)), label=f"{case.number}"),
        )
        for case in cases
    ]
    last = page * SKIPPED_PAGE_SIZE + len(cases)
    buttons = []
    if page > 0:
        buttons.append(button(words("btn.home.back"), "batch:turn:back", encode(PageNumber(page - 1))))
    if last < batch.skipped:
        buttons.append(button(words("btn.home.next"), "batch:turn:next", encode(PageNumber(page + 1))))
    blocks = [
        context(batch_sentence(batch, catalog, words)),
        *(rows or [section(words("batches.noneleft"))]),
        *([actions(buttons)] if buttons else []),
    ]
    metadata = {"batch": batch.id, "page": page}
    return modal(SKIPPED_ID, words("batches.title"), blocks, metadata, close=words("btn.close"))
