"""The case in a modal: its tabs, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.blocks import case_tabs
from bot.blocks.card import may_reopen, menu, versioned
from bot.blocks.case_words import case_title, colour_words, due_line, officers_line, on_page_only, status_name
from bot.blocks.elements import Element, actions, button, context, header, section
from bot.blocks.forms.returned import alerts
from bot.blocks.message import Block
from bot.blocks.paging import Page, paged
from bot.blocks.view import View, modal
from bot.blocks.view import loading as loading_view
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.flags import Flag
from bot.domain.views import Around, CaseView
from bot.text import Words

Tab = Literal["case", "messages", "notes", "history"]

ID = "case:modal"
TABS: tuple[Tab, ...] = ("case", "messages", "notes", "history")
MOST: dict[Tab, int] = {"case": 40, "messages": 10, "notes": 10, "history": 4}
"""Items on a page; of the history an item is ten lines."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one officer is shown: `counts` as `part_counts` gives them, `draft` when a begun message is from.

    `ids` say where one is, and come back with every press; `around` are the cases before and after in its list.
    """

    view: CaseView
    officer: str
    catalog: Catalog
    today: date
    tab: Tab = "case"
    page: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    draft: datetime | None = None
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
    strict = on_page_only(shown.case, shown.service)
    blocks = _strict(shown, words) if strict else _standard(shown, words)
    told = alerts(shown.alert) if shown.alert else []
    return modal(
        ID,
        shown.case.number,
        [*told, *blocks],
        shown.ids,
        close=words("btn.close"),
    )


def _strict(shown: Shown, words: Words) -> list[Block]:
    page = button(words("btn.page"), "case:page", versioned(shown.case), style="primary")
    return [*_head(shown, words), section(words("case.onpage")), actions([*_steps(shown, words), page])]


def _standard(shown: Shown, words: Words) -> list[Block]:
    page = paged(_items(shown, words), shown.page, MOST[shown.tab])
    empty = [section(words(f"casetab.{shown.tab}.empty"))]
    return [
        *_head(shown, words),
        actions([_tab(tab, shown, words) for tab in TABS]),
        actions(_deeds(shown, words)),
        header(words("casetab.case.title") if shown.tab == "case" else words(f"casetab.{shown.tab}")),
        *_draft(shown, words),
        *(page.blocks or empty),
        *_turning(page, words),
        actions([*_steps(shown, words), button(words("btn.page"), "case:page", versioned(shown.case))]),
    ]


def _steps(shown: Shown, words: Words) -> list[Element]:
    """To the cases before and after in the list that this one was opened from."""
    ways = (("back", "btn.case.back", shown.around.before), ("next", "btn.case.next", shown.around.after))
    return [button(words(key), f"case:step:{way}", shown.case.id) for way, key, case in ways if case]


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


def _items(shown: Shown, words: Words) -> case_tabs.Items:
    match shown.tab:
        case "case":
            return case_tabs.answers(shown.view, words)
        case "messages":
            return case_tabs.messages(shown.view, shown.catalog, words)
        case "notes":
            return case_tabs.notes(shown.view, shown.catalog, words)
        case "history":
            return case_tabs.history(shown.view, shown.catalog, shown.service, words)


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
    rest = {"officers": "btn.officers", "colour": "btn.colour"} if shown.case.closed_at is None else {}
    return {**flag, **rest}


def _draft(shown: Shown, words: Words) -> list[Block]:
    if shown.draft is None or shown.tab != "messages":
        return []
    return [
        context(words("draft.kept", time=words.hour(shown.draft))),
        actions(
            [
                button(words("btn.draft.go"), "case:message", versioned(shown.case)),
                button(words("btn.draft.drop"), "case:draft:drop", shown.case.id),
            ],
            "draft",
        ),
    ]


def _turning(page: Page, words: Words) -> list[Block]:
    if page.pages == 1:
        return []
    turns = []
    if page.number > 0:
        turns.append(button(words("btn.page.back"), "case:turn:back", str(page.number - 1)))
    if page.number < page.pages - 1:
        turns.append(button(words("btn.page.next"), "case:turn:next", str(page.number + 1)))
    return [context(words("label.page", page=page.number + 1, pages=page.pages)), actions(turns)]
