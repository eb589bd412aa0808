"""Pages of a view, within Slack's limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.blocks.block_kit.message import Block

MAX_BLOCKS = 80
"""Blocks on a page, of the 100 of a view; the rest is for what surrounds the page."""

MAX_BYTES = 100_000
"""Bytes of escaped JSON, in which å is six bytes; Slack refuses views over 250 kB."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number from 0, the number of pages, and its blocks."""

    number: int
    pages: int
    blocks: list[Block]


def paginate(items: Iterable[Sequence[Block]], number: int, page_size: int) -> Page:
    """Page `number`, or the last one where there are fewer, with at most `page_size` items on each.

    An item that is larger than a page continues on the next; nothing is cut.
    """
    pages: list[list[Block]] = [[]]
    count = size = 0
    for item in items:
        count += 1
        for block in item:
            block_size = len(json.dumps(block))
            is_full = len(pages[-1]) >= MAX_BLOCKS or size + block_size > MAX_BYTES or count > page_size
            if pages[-1] and is_full:
                pages.append([])
                count, size = 1, 0
            pages[-1].append(block)
            size += block_size
    last = max(0, min(number, len(pages) - 1))
    return Page(last, len(pages), pages[last])
