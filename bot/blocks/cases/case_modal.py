"""The case in a modal: its tabs, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.blocks.block_kit.elements import Element, actions, button, context, header, section
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.pagination import Page, paged
from bot.blocks.block_kit.view import View, modal
from bot.blocks.block_kit.view import loading as loading_view
from bot.blocks.cases import case_tabs
from bot.blocks.cases.card import may_reopen, menu, versioned
from bot.blocks.cases.case_words import (
    case_title,
    colour_words,
    due_line,
    officers_line,
    on_page_only,
    status_name,
)
from bot.blocks.cases.tools import Bench, tools
from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.flags import Flag
from bot.domain.views import Around, CaseView
from bot.text import Words

Tab = Literal["case", "messages", "notes", "files", "history", "versions", "tools"]

ID = "case:modal"
TABS: tuple[Tab, ...] = ("case", "messages", "notes", "files", "history")
"""Those with a button of their own; from the others a button leads back."""

MOST: dict[Tab, int] = {"case": 40, "messages": 10, "notes": 10, "files": 20, "history": 4, "versions": 10}
"""Items on a page; of the history an item is ten lines."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Something begun and not sent: since when, and the button that goes on with it."""

    at: datetime
    action: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What one officer is shown: `counts` as `part_counts` gives them, `draft` what was begun in the tab.

    `ids` say where one is, and come back with every press; `around` are the cases before and after in its list.
    `note` is the one whose versions are shown.
    """

    view: CaseView
    officer: str
    catalog: Catalog
    today: date
    access: Access | None = None
    tab: Tab = "case"
    page: int = 0
    note: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    draft: Begun | None = None
    alert: str = ""
    flag: Flag | None = None
    around: Around = field(default_factory=Around)
    ids: Mapping[str, Any] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        return self.view.case

    @property
    def service(self) -> EService | None:
        return self.catalog.service(self.case.service)


def loading(number: str, ids: Mapping[str, Any], words: Words) -> View:
    """What is shown at once."""
    return loading_view(ID, number, ids, words)


def case_modal(shown: Shown, words: Words) -> View:
    """The case as the officer may see it in Slack."""
    told = alerts(shown.alert) if shown.alert else []
    return modal(
        ID,
        shown.case.number,
        [*told, *_head(shown, words), *_body(shown, words)],
        shown.ids,
        close=words("btn.close"),
    )


def _body(shown: Shown, words: Words) -> list[Block]:
    if shown.service is None or on_page_only(shown.case, shown.service):
        return _strict(shown, words)
    if shown.tab == "tools":
        bench = Bench(shown.case, shown.service, shown.catalog, shown.officer, shown.access)
        back = button(words("btn.back.case"), "case:tab:case", shown.case.id)
        return [header(words("btn.tools")), *tools(bench, words), actions([back])]
    if shown.tab == "versions":
        back = button(words("btn.back.notes"), "case:tab:notes", shown.case.id)
        return [header(words("note.versions")), *_page(shown, words), actions([back])]
    return _standard(shown, words)


def _strict(shown: Shown, words: Words) -> list[Block]:
    page = button(words("btn.page"), "case:page", versioned(shown.case), style="primary")
    return [section(words("case.onpage")), actions([*_steps(shown, words), page])]


def _standard(shown: Shown, words: Words) -> list[Block]:
    on_page = [context(words("files.onpage"))] if shown.tab == "files" and shown.view.file_lines else []
    return [
        actions([_tab(tab, shown, words) for tab in TABS]),
        actions(_deeds(shown, words)),
        header(words("casetab.case.title") if shown.tab == "case" else words(f"casetab.{shown.tab}")),
        *_draft(shown, words),
        *_page(shown, words),
        *on_page,
        actions([*_steps(shown, words), button(words("btn.page"), "case:page", versioned(shown.case))]),
    ]


def _page(shown: Shown, words: Words) -> list[Block]:
    page = paged(ITEMS[shown.tab](shown, words), shown.page, MOST[shown.tab])
    empty = [section(words(f"casetab.{shown.tab}.empty"))]
    return [*(page.blocks or empty), *_turning(page, words)]


def _steps(shown: Shown, words: Words) -> list[Element]:
    """To the cases before and after in the list that this one was opened from, and back to what a search found."""
    ways = (("back", "btn.case.back", shown.around.before), ("next", "btn.case.next", shown.around.after))
    steps = [button(words(key), f"case:step:{way}", shown.case.id) for way, key, case in ways if case]
    is_hit = (shown.ids.get("list") or [""])[0] == "search"
    return [*([button(words("btn.hits"), "hits:back")] if is_hit else []), *steps]


def _head(shown: Shown, words: Words) -> list[Block]:
    case, service = shown.case, shown.service
    strict = on_page_only(case, service)
    name = service.name.in_(words.language) if service is not None and not strict else ""
    told = [
        status_name(service, case.status, words),
        officers_line(case.assignees, shown.catalog, words) or words("label.none"),
        f"{words('label.received')} {words.moment(case.received_at)}",
        due_line(case.due_on, case.closed_at is not None, shown.today, words),
        colour_words(case.colour, words),
        words("flag.yours") if shown.flag is not None else "",
    ]
    return [header(name or case_title(case, service, words)), context(*told), *_own_flag(shown, words)]


def _own_flag(shown: Shown, words: Words) -> list[Block]:
    """What the officer wanted to remember; seen by them only."""
    flag = shown.flag
    if flag is None or not (flag.note or flag.remind_at):
        return []
    remind = words("flag.remind.on", date=words.moment(flag.remind_at)) if flag.remind_at else ""
    note = "" if on_page_only(shown.case, shown.service) else flag.note
    return [context(f"★ {note}" if note else "", remind)] if note or remind else []


ITEMS: dict[Tab, Callable[[Shown, Words], case_tabs.Items]] = {
    "case": lambda shown, words: case_tabs.answers(shown.view, words),
    "messages": lambda shown, words: case_tabs.messages(shown.view, shown.catalog, words),
    "notes": lambda shown, words: case_tabs.notes(shown.view, shown.catalog, words),
    "versions": lambda shown, words: case_tabs.versions(shown.view, shown.note, shown.catalog, words),
    "files": lambda shown, words: case_tabs.files(shown.view, shown.catalog, words),
    "history": lambda shown, words: case_tabs.history(shown.view, shown.catalog, shown.service, words),
}


def _tab(tab: Tab, shown: Shown, words: Words) -> Element:
    """The number of messages is that of the new ones, where there are any."""
    text, new = words(f"casetab.{tab}"), shown.counts.get("unread", 0)
    if tab == "messages" and new and shown.tab != "messages":
        text = words("casetab.new", tab=text, n=new)
    elif count := shown.counts.get(tab, 0):
        text = words("casetab.count", tab=text, n=count)
    return button(text, f"case:tab:{tab}", shown.case.id, style="primary" if tab == shown.tab else "")


def _deeds(shown: Shown, words: Words) -> list[Element]:
    case, service, value = shown.case, shown.service, versioned(shown.case)
    deeds = []
    if case.closed_at is None:
        mine = shown.officer in case.officers
        key, action = ("btn.release", "case:release") if mine else ("btn.take", "case:take")
        deeds += [button(words(key), action, value), button(words("btn.status"), "case:status", value)]
    elif service is not None and may_reopen(case, service):
        deeds.append(button(words("btn.reopen"), "case:reopen", value))
    if service is not None and service.applicant_follows and case.applicants:
        deeds.append(button(words("btn.newmessage"), "case:message", value))
    deeds.append(button(words("btn.newnote"), "case:note", value))
    return [*deeds, menu(case, _menu(shown), words)]


def _menu(shown: Shown) -> dict[str, str]:
    """What the modal's menu does; only there can it be seen whether the case is flagged."""
    flag = {"unflag": "btn.unflag"} if shown.flag is not None else {"flag": "btn.flag"}
    if shown.case.closed_at is not None:
        return {**flag, "tools": "btn.tools"}
    return {"officers": "btn.officers", **flag, "colour": "btn.colour", "tools": "btn.tools"}


def _draft(shown: Shown, words: Words) -> list[Block]:
    draft = shown.draft
    if draft is None:
        return []
    go_on = button(words("btn.draft.go"), draft.action, draft.value)
    drop = button(words("btn.draft.drop"), "case:draft:drop", shown.case.id)
    return [context(words("draft.kept", time=words.hour(draft.at))), actions([go_on, drop], "draft")]


def _turning(page: Page, words: Words) -> list[Block]:
    if page.pages == 1:
        return []
    turns = []
    if page.number > 0:
        turns.append(button(words("btn.page.back"), "case:turn:back", str(page.number - 1)))
    if page.number < page.pages - 1:
        turns.append(button(words("btn.page.next"), "case:turn:next", str(page.number + 1)))
    return [context(words("label.page", page=page.number + 1, pages=page.pages)), actions(turns)]
