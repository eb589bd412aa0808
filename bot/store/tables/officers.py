"""Tables of officers' own data."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class FlagRow(Base):
    """An officer's own flag on a case, with a note; invisible to others, and no part of the case.

    `remind_at` is when they are to be reminded; `reminded_at` when they were, until they have dealt with it.
    """

    __tablename__ = "flag"
    officer: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    note: Mapped[str]
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    at: Mapped[datetime]


class UnreadMarkRow(Base):
    """An officer's own mark that a case is unread; it holds until they open the case after `at`."""

    __tablename__ = "unread_mark"
    officer: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    at: Mapped[datetime]


class PreferenceRow(Base):
    """An officer's preferences. `notice_places` are where private notices of each kind go, as JSON.

    `start_view` is the saved view that App Home starts with, in place of the list `start`; empty without one. `columns`
    are those of lists, as JSON; empty for the usual ones. `page_size` is of lists in App Home, `web_page_size` of those
    on the officer's pages.
    """

    __tablename__ = "preference"
    officer: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    notice_places: Mapped[str] = mapped_column(server_default="{}")
    start: Mapped[str] = mapped_column(String(10))
    start_view: Mapped[str] = mapped_column(String(32), server_default="")
    columns: Mapped[str] = mapped_column(server_default="")
    layout: Mapped[str] = mapped_column(String(10), server_default="list")
    page_size: Mapped[int] = mapped_column(server_default="20")
    web_page_size: Mapped[int] = mapped_column(server_default="50")
    is_quiet: Mapped[bool] = mapped_column(server_default=true())
    wants_day: Mapped[bool] = mapped_column(server_default=false())


class HomePositionRow(Base):
    """An officer's last position in App Home; `view_id` is the saved view that was shown, empty for the tab's list.

    `searched_from` is the tab, or the view's id, whose search was widened to the list that is shown; empty if none was.
    """

    __tablename__ = "home"
    officer: Mapped[str] = mapped_column(primary_key=True)
    tab: Mapped[str] = mapped_column(String(10))
    page: Mapped[int]
    view_id: Mapped[str] = mapped_column(String(32), server_default="")
    searched_from: Mapped[str] = mapped_column(String(32), server_default="")


class HomeListRow(Base):
    """The open list that an officer has left in a place of App Home, where it is not the place's own.

    `place` is the id of a saved view, or a tab.
    """

    __tablename__ = "home_list"
    officer: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(32), primary_key=True)
    list_id: Mapped[str] = mapped_column(String(32))


class DraftRow(Base):
    """A draft of a form; deleted when sent, cancelled, or after 24 hours, that of a message after 30 days.

    That of a message that is to leave later has the message's id, and stays until it leaves.
    """

    __tablename__ = "draft"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    form: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("officer", "case_id", "form"),)


class OpenListRow(Base):
    """A list that an officer has open: its query, where its pages begin, and the cases ticked in it.

    `page_keys` and `ticked` are JSON.
    """

    __tablename__ = "open_list"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    tab: Mapped[str] = mapped_column(String(10))
    query: Mapped[str]
    page_size: Mapped[int]
    page_keys: Mapped[str]
    ticked: Mapped[str]
    all_ticked: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)


class TickingRow(Base):
    """The page of an open list on which an officer is ticking cases in App Home."""

    __tablename__ = "ticking"
    officer: Mapped[str] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(String(32))
    page: Mapped[int]
    revision: Mapped[int]


class AbsenceRow(Base):
    """An officer's absence, from a day to a day, with a substitute, or an empty string for none.

    It ends by its last day, or at `ended_at`, when the officer came back or changed it. Rows are kept: they say who had
    whose rights, and when.
    """

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    officer: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    substitute: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AssignmentRotationRow(Base):
    """The member of a group whom a rule of assignment chose last in an e-service; empty where none was yet."""

    __tablename__ = "assignment_rotation"
    service: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(primary_key=True)
    officer: Mapped[str]
