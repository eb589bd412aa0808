"""Lists of cases, private to the one who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.blocks.case_words import colour_words, officers_of, status_name
from bot.blocks.case_words import title as case_title
from bot.blocks.elements import SEPARATOR, button, context, header, section
from bot.blocks.message import Block, Message
from bot.blocks.mrkdwn import literal_within
from bot.catalog.models import Catalog
from bot.domain.views import CaseRow
from bot.text import Words

Kind = Literal["mine", "unassigned", "flagged", "all", "closed"]


def case_list(kind: Kind, rows: Sequence[CaseRow], total: int, catalog: Catalog, words: Words) -> Message:
    """The newest cases of a kind, each with its button; `total` is how many there are in all."""
    if not rows:
        said = words(f"list.empty.{kind}")
        return Message(said, [section(said)])
    said = words("list.count", title=words(f"list.{kind}"), n=total)
    blocks = [header(said), *(_row(row, catalog, words) for row in rows)]
    if total > len(rows):
        blocks.append(context(words("list.shown", n=len(rows))))
    return Message(literal_within(said, 300), blocks)


def _row(row: CaseRow, catalog: Catalog, words: Words) -> Block:
    service = catalog.service(row.service)
    first = case_title(row.number, None if row.protected else service, words)
    told = [
        words("list.new") if row.news else "",
        status_name(service, row.status, words),
        officers_of(row.officers, row.groups, catalog, words) or words("label.none"),
        f"{words('label.received')} {words.day(row.received_at)}",
    ]
    marks = [words("flag.star") if row.flagged else "", colour_words(row.colour, words)]
    first = SEPARATOR.join(part for part in (first, *marks) if part)
    text = f"{first}\n{SEPARATOR.join(part for part in told if part)}"
    show = button(words("list.show"), "case:show", row.id, label=f"{words('btn.show')} {row.number}")
    return section(text, show)
