"""What searches look in, and what they found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class SearchIndexRow(Base):
    """The words a case is found by, made of its texts as they are by a `rule` that may be of an earlier version.

    `doc` grows with every case opened. On SQLite the words are indexed beside, in `search_index`.
    """

    __tablename__ = "search"
    doc: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), unique=True)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    rule: Mapped[int] = mapped_column(index=True)


class SearchResultsRow(Base):
    """What an officer's search found, in its order, while they go through it. What they looked for is not kept."""

    __tablename__ = "hits"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_ids: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
