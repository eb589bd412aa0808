"""The case in a modal: its tabs and actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    divider,
    header,
    section,
    titled_section,
)
from bot.blocks.block_kit.form_errors import alerts
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.pagination import Page, paginate
from bot.blocks.block_kit.view import View, modal
from bot.blocks.block_kit.view import loading_modal as loading_view
from bot.blocks.cases import case_tabs
from bot.blocks.cases.card import menu, preset_menu
from bot.blocks.cases.case_words import assignees_line, case_title, is_case_page_only
from bot.blocks.cases.link_lines import link_lines
from bot.blocks.cases.marks import mark_lines
from bot.blocks.cases.tools import tools
from bot.blocks.values import MenuChoice, PageNumber, case_value, encode
from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.actors import Officer, writer_lines
from bot.domain.case import Case
from bot.domain.case_actions import ActionContext, CaseAction, allowed_actions
from bot.domain.due_days import due_days, due_line
from bot.domain.flags import Flag
from bot.domain.messages.scheduled_messages import scheduled_lines
from bot.domain.retention_plan import disposal_line, retention_lines
from bot.domain.six_month_rule import delay_lines
from bot.domain.status import current_status_name
from bot.domain.submission import arrival_text
from bot.domain.views import CaseView, Neighbours
from bot.text import Words

Tab = Literal["case", "messages", "notes", "files", "history", "versions", "tools"]

ID = "case:modal"
TABS: tuple[Tab, ...] = ("case", "messages", "notes", "files", "history")
"""The tabs with a button of their own; the others have a button that leads back."""

MAX_UNSCHEDULED = 5
"""Messages to leave later that have a button in the modal; the case page has all."""

LAW_PRESETS: tuple[CaseAction, ...] = ("delay", "refusal")
"""The messages that the law asks for, each with a button of its own until it is sent."""

MAX_QUESTIONS = 3
"""The most questions that are named of those whose answers are shown on the case page only."""

PAGE_SIZES: dict[Tab, int] = {
    "case": 40,
    "messages": 10,
    "notes": 10,
    "files": 20,
    "history": 4,
    "versions": 10,
}
"""Items on a page; an item of the history is ten lines."""


@dataclass(frozen=True, slots=True)
class UnfinishedDraft:
    """A draft that was not sent: when it was begun, and the button to continue."""

    started_at: datetime
    action: str
    value: str


@dataclass(frozen=True, slots=True)
class CaseModalState:
    """The modal's state for one officer: `counts` from `count_parts`, `draft` a draft that belongs to the tab.

    `metadata` holds the tab and page, and is returned with every press; `neighbours` are the cases before and after in
    its list. `note_id` is the note whose versions are shown.
    """

    view: CaseView
    officer: Officer
    catalog: Catalog
    today: date
    tab: Tab = "case"
    page: int = 0
    note_id: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    draft: UnfinishedDraft | None = None
    writers: Sequence[tuple[str, datetime]] = ()
    """Colleagues who have begun a message to the applicant, and since when."""
    alert: str = ""
    flag: Flag | None = None
    neighbours: Neighbours = field(default_factory=Neighbours)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        return self.view.case

    @property
    def service(self) -> EService | None:
        return self.catalog.service(self.case.service)

    @property
    def actions(self) -> ActionContext:
        """What decides which actions are offered."""
        return ActionContext(self.case, self.catalog, self.today, self.officer)

    @property
    def allowed(self) -> frozenset[CaseAction]:
        """What the officer may do with the case now."""
        return allowed_actions(self.actions)


def case_loading_modal(number: str, metadata: Mapping[str, Any], words: Words) -> View:
    """A placeholder, shown until the case is loaded."""
    return loading_view(ID, number, metadata, words)


def case_modal(state: CaseModalState, words: Words) -> View:
    """The case, as far as it may be shown in Slack."""
    words = words_for(state.service, words)
    alert_blocks = alerts(state.alert) if state.alert else []
    return modal(
        ID,
        state.case.number,
        [*alert_blocks, *_header(state, words), *_body(state, words)],
        state.metadata,
        close=words("btn.close"),
    )


def _body(state: CaseModalState, words: Words) -> list[Block]:
    if state.service is None or is_case_page_only(state.case, state.service):
        return _page_only_body(state, words)
    if state.tab == "tools":
        back = button(words("btn.back.case"), "case:tab:case")
        return [header(words("btn.tools")), *tools(state.actions, state.service, words), actions([back])]
    if state.tab == "versions":
        back = button(words("btn.back.notes"), "case:tab:notes")
        return [header(words("note.versions")), *_tab_page(state, words), actions([back])]
    return _tab_body(state, words)


def _page_only_body(state: CaseModalState, words: Words) -> list[Block]:
    page = button(words("btn.page"), "case:page", case_value(state.case), style="primary")
    return [section(words("case.onpage")), actions([*_neighbour_buttons(state, words), page])]


def _tab_body(state: CaseModalState, words: Words) -> list[Block]:
    page = button(words("btn.page"), "case:page", case_value(state.case))
    return [
        actions(_case_buttons(state, words)),
        divider(),
        actions([_tab(tab, state, words) for tab in TABS]),
        *_tab_title(state, words),
        *(link_lines(state.view, state.catalog, words) if state.tab == "case" else []),
        *_draft_notice(state, words),
        *_tab_page(state, words),
        divider(),
        actions([*_neighbour_buttons(state, words), page]),
    ]


def _tab_title(state: CaseModalState, words: Words) -> list[Block]:
    """The tab's name; what of it is shown on the case page only; and the button that belongs to it."""
    value, tab = case_value(state.case), state.tab
    hidden = case_tabs.hidden_questions(state.view, words) if tab == "case" else []
    if hidden:
        text = words("label.onpage", n=len(hidden))
        title = titled_section(
            words("casetab.case.title"), text, button(words("btn.open"), "case:page", value)
        )
        return [title, context(_first_questions(hidden, words))]
    if tab == "case":
        return [titled_section(words("casetab.case.title"))]
    if tab == "notes":
        note = button(words("btn.newnote"), "case:note", value) if "note" in state.allowed else None
        return [titled_section(words("casetab.notes"), accessory=note)]
    if tab == "files" and state.view.file_lines:
        page = button(words("btn.open"), "case:page", value)
        return [titled_section(words("casetab.files"), words("files.onpage"), page)]
    return [titled_section(words(f"casetab.{tab}"))]


def _first_questions(questions: Sequence[str], words: Words) -> str:
    """Up to three questions; of more, two and the number of the others."""
    if len(questions) <= MAX_QUESTIONS:
        return SEPARATOR.join(questions)
    return words("label.andmore", names=SEPARATOR.join(questions[:2]), n=len(questions) - 2)


def _tab_page(state: CaseModalState, words: Words) -> list[Block]:
    page = paginate(TAB_ITEMS[state.tab](state, words), state.page, PAGE_SIZES[state.tab])
    blocks = page.blocks[1:] if page.blocks[:1] == [divider()] else page.blocks
    if not blocks and not (state.tab == "case" and case_tabs.hidden_questions(state.view, words)):
        blocks = [section(disposal_line(state.view, words) or words(f"casetab.{state.tab}.empty"))]
    return [*blocks, *_page_controls(page, words)]


def _neighbour_buttons(state: CaseModalState, words: Words) -> list[Element]:
    """Buttons to the cases before and after in the list, and back to the search results."""
    directions = (
        ("back", "btn.case.back", state.neighbours.before),
        ("next", "btn.case.next", state.neighbours.after),
    )
    buttons = [button(words(key), f"case:step:{way}") for way, key, case in directions if case]
    is_search_result = (state.metadata.get("list") or [""])[0] == "search"
    return [*([button(words("btn.hits"), "hits:back")] if is_search_result else []), *buttons]


def _header(state: CaseModalState, words: Words) -> list[Block]:
    case, service = state.case, state.service
    is_page_only = is_case_page_only(case, service)
    name = service.name.in_(words.language) if service is not None and not is_page_only else ""
    lines = [
        current_status_name(service, case, words),
        assignees_line(case.assignees, state.catalog, words) or words("label.unassigned"),
        f"{words('label.received')} {arrival_text(case, words)}",
        *(due_line(kind, day, state.today, words) for kind, day in due_days(case).items()),
        *mark_lines(case, words),
        *delay_lines(case, service, words),
        *retention_lines(case, state.today, words),
        *scheduled_lines(case.scheduled, state.catalog, words),
        words("flag.yours") if state.flag is not None else "",
        *writer_lines(state.writers, state.catalog, words),
    ]
    return [
        header(name or case_title(case, service, words)),
        context(*lines),
        *_law_buttons(state, words),
        *_unschedule_buttons(state, words),
        *_flag_line(state, words),
    ]


def _law_buttons(state: CaseModalState, words: Words) -> list[Block]:
    """The buttons that open what the law asks for, until it is sent: the message of a delay, a request's refusal."""
    if is_case_page_only(state.case, state.service):
        return []
    return [
        actions([button(words(f"btn.{name}"), f"case:{name}", case_value(state.case))], name)
        for name in LAW_PRESETS
        if name in state.allowed
    ]


def _unschedule_buttons(state: CaseModalState, words: Words) -> list[Block]:
    """A button for each message that is to leave later, which cancels it: the earliest ones."""
    messages = sorted(state.case.scheduled, key=lambda one: one.send_at)[:MAX_UNSCHEDULED]
    buttons = [
        button(
            words("btn.unschedule", time=words.moment(one.send_at)),
            "case:unschedule",
            encode(MenuChoice(one.id, state.case.id, state.case.seq)),
        )
        for one in messages
    ]
    return [actions([one], f"scheduled{place}") for place, one in enumerate(buttons)]


def _flag_line(state: CaseModalState, words: Words) -> list[Block]:
    """The officer's own flag with its note."""
    flag = state.flag
    if flag is None or not (flag.note or flag.remind_at):
        return []
    remind = words("flag.remind.on", date=words.moment(flag.remind_at)) if flag.remind_at else ""
    note = "" if is_case_page_only(state.case, state.service) else flag.note
    return [context(f"★ {note}" if note else "", remind)] if note or remind else []


TAB_ITEMS: dict[Tab, Callable[[CaseModalState, Words], case_tabs.Items]] = {
    "case": lambda shown, words: case_tabs.answers(shown.view, words),
    "messages": lambda shown, words: case_tabs.messages(shown.view, shown.catalog, words),
    "notes": lambda shown, words: case_tabs.notes(shown.view, shown.catalog, words),
    "versions": lambda shown, words: case_tabs.versions(shown.view, shown.note_id, shown.catalog, words),
    "files": lambda shown, words: case_tabs.files(shown.view, shown.catalog, words),
    "history": lambda shown, words: case_tabs.history(shown.view, shown.catalog, shown.service, words),
}


def _tab(tab: Tab, state: CaseModalState, words: Words) -> Element:
    """The tab's button with a number: for messages that of unread ones, where there are any."""
    text, new = words(f"casetab.{tab}"), state.counts.get("unread", 0)
    if tab == "messages" and new and state.tab != "messages":
        text = words("casetab.new", tab=text, n=new)
    elif count := state.counts.get(tab, 0):
        text = words("casetab.count", tab=text, n=count)
    return button(text, f"case:tab:{tab}", style="primary" if tab == state.tab else "")


def _case_buttons(state: CaseModalState, words: Words) -> list[Element]:
    """The buttons for what may be done with the case; with one that was disposed of, only its summary."""
    case, value, allowed = state.case, case_value(state.case), state.allowed
    if case.disposed_at is not None:
        return [button(words("btn.summary"), "case:summary", value)]
    buttons = [
        button(words(f"btn.{action}"), f"case:{action}", value)
        for action in ("release", "take", "status", "reopen")
        if action in allowed and (action != "take" or not case.officers)
    ]
    message = [button(words("btn.write"), "case:message", value)] if "message" in allowed else []
    return [*buttons, *message, menu(case, _menu_actions(state), words)]


def _menu_actions(state: CaseModalState) -> dict[str, str]:
    """The menu's actions. Flags and rights depend on the officer, so only this menu can say what they may do."""
    flag = {"unflag": "btn.unflag"} if state.flag is not None else {"flag": "btn.flag"}
    join = {"take": "btn.join"} if state.case.officers and "take" in state.allowed else {}
    return {**join, **preset_menu(state.allowed), **flag, "tools": "btn.tools"}


def _draft_notice(state: CaseModalState, words: Words) -> list[Block]:
    draft = state.draft
    if draft is None:
        return []
    go_on = button(words("btn.draft.go"), draft.action, draft.value)
    drop = button(words("btn.draft.drop"), "case:draft:drop")
    return [
        context(words("draft.kept", time=words.moment(draft.started_at))),
        actions([go_on, drop], "draft"),
    ]


def _page_controls(page: Page, words: Words) -> list[Block]:
    if page.pages == 1:
        return []
    buttons = []
    if page.number > 0:
        buttons.append(button(words("btn.page.back"), "case:turn:back", encode(PageNumber(page.number - 1))))
    if page.number < page.pages - 1:
        buttons.append(button(words("btn.page.next"), "case:turn:next", encode(PageNumber(page.number + 1))))
    return [context(words("label.page", page=page.number + 1, pages=page.pages)), actions(buttons)]
