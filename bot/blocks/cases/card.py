"""The card in the e-service's channel, the same for all who see it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    fields_section,
    header,
    option,
    overflow,
    section,
    titled_section,
)
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.block_kit.mrkdwn import escape_within, shorten
from bot.blocks.cases.case_words import assignees_line, case_title, is_case_page_only
from bot.blocks.cases.marks import mark_lines
from bot.blocks.values import MenuChoice, case_value, encode
from bot.catalog.answers.values import is_personal
from bot.catalog.fields import CARD_LABEL_KINDS, MAX_CARD_LABEL, Field
from bot.catalog.models import Catalog
from bot.catalog.presets import PresetName
from bot.catalog.services import EService, words_for
from bot.domain.actors import actor_name
from bot.domain.answer_formatting import format_answer
from bot.domain.automatic_assignment import ASSIGNED_BY_RULE
from bot.domain.case import Case
from bot.domain.case_actions import ActionContext, CaseAction, allowed_actions
from bot.domain.due_days import DUE_LABELS, OVERDUE_TEXTS, due_days
from bot.domain.messages.scheduled_messages import scheduled_lines
from bot.domain.notes import thread_use
from bot.domain.six_month_rule import delay_lines
from bot.domain.status import current_status_name
from bot.domain.submission import arrival_text
from bot.domain.views import CardView
from bot.text import Words


def card(view: CardView, catalog: Catalog, words: Words, today: date | None = None) -> Message:
    """The card; with `today` it shows that a case is overdue even before the job has reported it."""
    service = catalog.service(view.case.service)
    words = words_for(service, words)
    if view.case.deleted_at is not None:
        return _tombstone(view.case, catalog, words)
    build_blocks = _closed_card if view.case.closed_at is not None else _open_card
    return Message(
        _fallback_text(view, service, catalog, words), build_blocks(view, service, catalog, words, today)
    )


def _tombstone(case: Case, catalog: Catalog, words: Words) -> Message:
    """What is left of the card of a deleted case: who deleted it, and the button to restore it."""
    name = actor_name(case.deleted_by, catalog, words)
    text = words("card.deleted", number=case.number, time=case.deleted_at, name=name)
    until = words("card.deleted.until", date=case.deleted_until)
    restore = words("btn.restore")
    label = _accessible_label(restore, case.number, words)
    buttons = [button(restore, "case:restore", case_value(case), label=label)]
    return Message(escape_within(text, 700), [section(text), context(until), actions(buttons)])


def _open_card(
    view: CardView, service: EService | None, catalog: Catalog, words: Words, today: date | None
) -> list[Block]:
    case = view.case
    status = current_status_name(service, case, words)
    assigned = assignees_line(case.assignees, catalog, words) or words("label.none")
    fields = [
        (words("label.status"), status),
        (words("label.officers"), assigned),
        (words("label.received"), arrival_text(case, words)),
    ]
    fields += [(words(DUE_LABELS[kind]), words.day(day)) for kind, day in due_days(case).items()]
    blocks = [header(case_title(case, service, words)), fields_section(fields)]
    line = "" if is_case_page_only(case, service) else _answers(view, service, words)
    if line:
        blocks.append(section(line))
    if circumstances := _context_lines(view, service, catalog, words, today):
        blocks.append(context(*circumstances))
    thread = (
        [context(words(f"card.thread.{thread_use(case, service, catalog, today)}"))]
        if service and today
        else []
    )
    return [*blocks, *thread, _buttons(case, service, _allowed(case, catalog, today), words)]


def _closed_card(
    view: CardView, service: EService | None, catalog: Catalog, words: Words, today: date | None
) -> list[Block]:
    case = view.case
    buttons = [_closed_button(view, service, words)]
    if not is_case_page_only(case, service) and "reopen" in _allowed(case, catalog, today):
        reopen = words("btn.reopen")
        buttons.append(
            button(
                reopen, "case:reopen", case_value(case), label=_accessible_label(reopen, case.number, words)
            )
        )
    news = [titled_section(words("why.closed"), words("card.closed.news"))] if view.news else []
    return [
        header(case_title(case, service, words)),
        *news,
        context(_closing_sentence(case, service, catalog, words)),
        actions(buttons),
    ]


def _closed_button(view: CardView, service: EService | None, words: Words) -> Element:
    """The button that opens the case, at its applicant's news where there are any."""
    if is_case_page_only(view.case, service):
        found = _page_button(view.case, words)
    elif view.news:
        label = _accessible_label(words("btn.read"), view.case.number, words)
        found = button(words("btn.read"), "case:read", case_value(view.case), label=label)
    else:
        found = _show_button(view.case, words)
    return {**found, "style": "primary"} if view.news else found


def _answers(view: CardView, service: EService | None, words: Words) -> str:
    parts = [
        _answer(_with_card_label(field, service), view.answers.get(field.key), words)
        for field in view.definition.fields
        if field.on_card and not field.sensitive and not is_personal(field.kind, view.answers.get(field.key))
    ]
    return SEPARATOR.join(answer for answer in parts if answer)


def _with_card_label(field: Field, service: EService | None) -> Field:
    """The field as it was asked; where it had no `card_label` then, with the one that it has now."""
    current = service.field(field.key) if service is not None and field.card_label is None else None
    if current is None or current.kind != field.kind:
        return field
    return field.model_copy(update={"card_label": current.card_label})


def _answer(field: Field, value: Any, words: Words) -> str:
    """The answer with its short label; a choice is understood without one."""
    answer = format_answer(field, value, words).replace("\n", ", ")
    if not answer:
        return ""
    if field.card_label is not None:
        label = field.card_label.in_(words.language)
        return label.replace("{answer}", answer) if "{answer}" in label else f"{label}: {answer}"
    if field.kind not in CARD_LABEL_KINDS:
        return answer
    label = _shorten_label(field.label.in_(words.language))
    return f"{label} {answer}" if label.endswith("?") else f"{label}: {answer}"


def _shorten_label(label: str) -> str:
    """The question without its brackets, cut between words."""
    return shorten(re.sub(r"\s*\([^()]*\)", "", label).strip().rstrip(":.").strip(), MAX_CARD_LABEL)


def _context_lines(
    view: CardView, service: EService | None, catalog: Catalog, words: Words, today: date | None
) -> list[str]:
    case = view.case
    lines = mark_lines(case, words)
    if view.news:
        lines.append(words("card.unread"))
    lines += [
        words(OVERDUE_TEXTS[kind], date=words.day_short(day))
        for kind, day in due_days(case).items()
        if _has_passed(day, case, today)
    ]
    lines += delay_lines(case, service, words)
    lines += scheduled_lines(case.scheduled, catalog, words)
    if view.undelivered:
        lines.append(words("card.undelivered"))
    if case.origin == "open_eplatform":
        lines.append(words("label.origin.oep"))
    return lines


def _has_passed(due_day: date, case: Case, today: date | None) -> bool:
    """Whether the due day has passed, reported by the job or not yet."""
    return due_day <= (case.overdue_reported_on or date.min) or (today is not None and due_day < today)


def _allowed(case: Case, catalog: Catalog, today: date | None) -> frozenset[CaseAction]:
    """What somebody may do with the case now: the card is the same for all."""
    return allowed_actions(ActionContext(case, catalog, today or date.max))


def _buttons(case: Case, service: EService | None, allowed: Collection[CaseAction], words: Words) -> Block:
    """The buttons; of a case that somebody has, *Ta ärendet* is none of them."""
    take = [_take_button(case, words)] if "take" in allowed and not case.officers else []
    if is_case_page_only(case, service):
        return actions([*take, _page_button(case, words)])
    rest = [
        button(
            words(key),
            f"case:{action}",
            case_value(case),
            label=_accessible_label(words(key), case.number, words),
        )
        for key, action in CARD_BUTTONS.items()
        if action in allowed
    ]
    return actions([*take, _show_button(case, words), *rest, menu(case, card_menu(case, allowed), words)])


def _take_button(case: Case, words: Words) -> Element:
    label = _accessible_label(words("btn.take"), case.number, words)
    return button(words("btn.take"), "case:take", case_value(case), style="primary", label=label)


CARD_BUTTONS: dict[str, CaseAction] = {
    "btn.status": "status",
    "btn.write": "message",
    "btn.newnote": "note",
}
"""The buttons of an open case besides those to take and to show it, by text key."""


PRESET_BUTTONS: dict[PresetName, str] = {"completion": "btn.completion", "decision": "btn.decision"}
"""The text keys of the presets in menus. That of a delay is offered where the case says that it is late."""


def card_menu(case: Case, allowed: Collection[CaseAction]) -> dict[str, str]:
    """The menu's actions, by text key: at most five, which is Slack's limit.

    A case that somebody has is joined or taken over. What its menu has no place for is one of the tools.
    """
    join = {"take": "btn.join"} if case.officers and "take" in allowed else {}
    flag = {"flag": "btn.flag"} if "flag" in allowed else {}
    return {**join, **preset_menu(allowed), **flag, "tools": "btn.tools"}


def preset_menu(allowed: Collection[CaseAction]) -> dict[str, str]:
    """The presets that may be used now, for a menu."""
    return {name: key for name, key in PRESET_BUTTONS.items() if name in allowed}


def menu(case: Case, text_keys: Mapping[str, str], words: Words) -> Element:
    """The overflow menu with rarer actions; each option's value is its action and the case."""
    options = [
        option(words(key), encode(MenuChoice(action, case.id, case.seq))) for action, key in text_keys.items()
    ]
    return overflow("case:more", options)


def _show_button(case: Case, words: Words) -> Element:
    show = words("btn.show")
    return button(show, "case:show", case_value(case), label=_accessible_label(show, case.number, words))


def _page_button(case: Case, words: Words) -> Element:
    page = words("btn.page")
    return button(page, "case:page", case_value(case), label=_accessible_label(page, case.number, words))


def _accessible_label(text: str, number: str, words: Words) -> str:
    return words("btn.about", button=text, number=number)


def _closing_sentence(case: Case, service: EService | None, catalog: Catalog, words: Words) -> str:
    assert case.closed_at is not None
    return words(
        "card.closed",
        status=current_status_name(service, case, words),
        time=words.moment(case.closed_at),
        name=actor_name(case.status_by, catalog, words),
    )


def _fallback_text(view: CardView, service: EService | None, catalog: Catalog, words: Words) -> str:
    case = view.case
    case_name = case.number
    if service is not None and not is_case_page_only(case, service):
        case_name = f"{case.number}, {escape_within(service.name.in_(words.language), 700)}"
    if case.closed_at is not None:
        text = words(
            "card.said.closed",
            case=case_name,
            closed=escape_within(_closing_sentence(case, service, catalog, words), 700),
        )
        return f"{text} {escape_within(words('why.closed'), 300)}" if view.news else text
    assigned = assignees_line(case.assignees, catalog, words)
    officers = (
        words("card.said.officers", names=escape_within(assigned, 700))
        if assigned
        else words("card.said.nobody")
    )
    key = "card.said.new" if _is_new(case) else "card.said"
    return words(
        key,
        case=case_name,
        status=escape_within(current_status_name(service, case, words), 700),
        officers=officers,
    )


def _is_new(case: Case) -> bool:
    """Whether the case has no events since its opening, apart from assignment by a rule."""
    by_rule = [one for one in case.assignees if one.by == ASSIGNED_BY_RULE]
    return case.seq == 1 + len(by_rule)
