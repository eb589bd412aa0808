"""A case of many messages as PDF: the program's typesetter, and the same texts typeset as plain paragraphs.

The floor has no tags, no standard of archives and no process of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import typst

from bot.clients.pdf.typesetter import Typesetter

TEXT = "Åtgärden är klar och ärendet går vidare. " * 48
"""Of each message: some 2,000 letters."""

PLAIN = b"#for one in json(bytes(sys.inputs.texts)) { par(one) }"


@dataclass(frozen=True)
class Typeset:
    """Seconds of one document, of the program and of the floor."""

    ours: float
    floor: float


def measure(messages: int) -> Typeset:
    """A document of that many messages, typeset once by each."""
    texts = [f"{number}: {TEXT}" for number in range(messages)]
    began = time.perf_counter()
    asyncio.run(Typesetter().typeset(_document(texts)))
    ours, began = time.perf_counter() - began, time.perf_counter()
    typst.compile(PLAIN, format="pdf", sys_inputs={"texts": json.dumps(texts)})
    return Typeset(ours, time.perf_counter() - began)


def _document(texts: list[str]) -> dict[str, Any]:
    entries = [{"heading": "Anna Berg, 23 nov. 2026", "about": ["Utgående"], "text": text} for text in texts]
    section = {"title": "Meddelanden", "empty": "", "rows": [], "headings": [], "table": [], "widths": []}
    return {
        "title": "Sammanställning",
        "author": "Byns kommun",
        "language": "sv",
        "date": [2026, 11, 23, 9, 0],
        "footer": "2026-000123",
        "page": "Sida {page} av {pages}",
        "facts": [],
        "sections": [section | {"entries": entries}],
    }
