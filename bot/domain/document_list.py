"""The documents (handlingar) of a case in one list, as an archivist expects it: number, what it is, direction, day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.documents import CaseDocument, document_number
from bot.domain.views import CaseView
from bot.text import Words

DOCUMENT_HEADINGS = ("document.number", "document.what", "document.direction", "document.day")
"""The keys of the headings of the list."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in words; `at` is when it was received, sent or written."""

    number: str
    what: str
    direction: str
    at: datetime


def describe_documents(
    documents: Sequence[CaseDocument], view: CaseView, unregistered: Collection[str], words: Words
) -> list[DocumentRow]:
    """A row for each number, so that none seems to be missing, also of what is shown elsewhere or is disposed of."""
    names = {line.file.id: line.file.name for line in view.file_lines}
    rows = []
    for one in documents:
        what = names.get(one.id) or words(f"document.kind.{one.kind}")
        what = words("document.undone", what=what) if one.undone else what
        direction = direction_text(one, unregistered, words)
        rows.append(DocumentRow(document_number(view.case.number, one.position), what, direction, one.at))
    return rows


def direction_text(document: CaseDocument, unregistered: Collection[str], words: Words) -> str:
    """Inkommen, utgående or upprättad, and that it is not registered where the catalog says so."""
    direction = words(f"document.{document.direction}")
    return words("document.unregistered", direction=direction) if document.id in unregistered else direction
