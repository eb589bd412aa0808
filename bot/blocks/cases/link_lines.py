"""The links of a case, in its modal: the other cases as far as the officer may see them."""

from __future__ import annotations

from bot.blocks.block_kit.elements import button, context, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.cases.case_words import case_reference
from bot.blocks.values import case_value
from bot.catalog.models import Catalog
from bot.domain.link_wording import DescribedLink, describe_links
from bot.domain.views import CaseView
from bot.text import Words

MAX_SHOWN = 5
"""Links that are shown in the modal; all are in the dialog and on the case page."""


def link_lines(view: CaseView, catalog: Catalog, words: Words) -> list[Block]:
    """A section for each linked case, with a button that opens it."""
    links = describe_links(view, catalog, words)
    rows = [_link_section(n, link, catalog, words) for n, link in enumerate(links[:MAX_SHOWN])]
    left_out = len(links) - MAX_SHOWN
    return [*rows, *([context(words("link.more", n=left_out))] if left_out > 0 else [])]


def _link_section(n: int, link: DescribedLink, catalog: Catalog, words: Words) -> Block:
    show = None
    if link.case is not None:
        label = words("btn.about", button=words("btn.show"), number=link.case.number)
        show = button(words("btn.show"), f"case:show#{n}", case_value(link.case), label=label)
    return titled_section(link.kind, link_text(link, catalog, words), show)


def link_text(link: DescribedLink, catalog: Catalog, words: Words) -> str:
    """2026-000002 · Ansökan om bygglov · Avslutat; of a case that may not be seen only that there is one."""
    if link.case is None:
        return words("link.hidden")
    reference = case_reference(link.case, catalog.service(link.case.service), words)
    return f"{reference} · {link.status}"
