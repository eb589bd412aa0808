"""Tables of the search index, of search results, and of stored queries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class SearchIndexRow(Base):
    """The words of a case, computed from its current texts by the index version `rule`.

    `doc` increases with every case opened. On SQLite the full-text index is the virtual table `search_index`.
    """

    __tablename__ = "search"
    doc: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), unique=True)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    rule: Mapped[int] = mapped_column(index=True)


class SearchResultsRow(Base):
    """The results of an officer's search, in order, stored for paging. The query is not stored."""

    __tablename__ = "hits"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_ids: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class SavedQueryRow(Base):
    """An officer's saved view: `body` is its query as JSON. Rows without a name are of an earlier version."""

    __tablename__ = "saved_query"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str] = mapped_column(index=True)
    name: Mapped[str | None]
    body: Mapped[str]
    page_size: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
