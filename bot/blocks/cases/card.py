"""The card in the e-service's channel. It is the same for everyone who sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    facts,
    header,
    option,
    overflow,
    section,
)
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.block_kit.mrkdwn import literal_within
from bot.blocks.cases.case_words import (
    by_name,
    case_title,
    colour_words,
    officers_line,
    on_page_only,
    status_name,
)
from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.assignment import BY_RULE
from bot.domain.case import Case
from bot.domain.rendering import rendered
from bot.domain.views import CardView
from bot.text import Words

WITH_LABEL = frozenset({"yes_no", "number", "date"})

LABEL_LETTERS = 40


def card(view: CardView, catalog: Catalog, words: Words, today: date | None = None) -> Message:
    """The case as its channel sees it; with `today` it says that a case is overdue before the clock has."""
    service = catalog.service(view.case.service)
    draw = _closed if view.case.closed_at is not None else _open
    return Message(_said(view.case, service, catalog, words), draw(view, service, catalog, words, today))


def versioned(case: Case) -> str:
    """What a button carries: the case and the version it was drawn from."""
    return f"{case.id}:{case.seq}"


def _open(
    view: CardView, service: EService | None, catalog: Catalog, words: Words, today: date | None
) -> list[Block]:
    case = view.case
    status = status_name(service, case.status, words)
    assigned = officers_line(case.assignees, catalog, words) or words("label.none")
    told = [
        (words("label.status"), status),
        (words("label.officers"), assigned),
        (words("label.received"), words.moment(case.received_at)),
    ]
    if case.due_on is not None:
        told.append((words("label.due"), words.day(case.due_on)))
    blocks = [header(case_title(case, service, words)), facts(told)]
    line = "" if on_page_only(case, service) else _answers(view, words)
    if line:
        blocks.append(section(line))
    if circumstances := _circumstances(view, words, today):
        blocks.append(context(*circumstances))
    return [*blocks, _buttons(case, service, words)]


def _closed(
    view: CardView, service: EService | None, catalog: Catalog, words: Words, today: date | None
) -> list[Block]:
    case = view.case
    shown = [_page(case, words)] if on_page_only(case, service) else [_show(case, words)]
    if not on_page_only(case, service) and service is not None and may_reopen(case, service):
        reopen = words("btn.reopen")
        shown.append(button(reopen, "case:reopen", versioned(case), label=_about(reopen, case.number, words)))
    return [
        header(case_title(case, service, words)),
        context(_closing(case, service, catalog, words)),
        actions(shown),
    ]


def may_reopen(case: Case, service: EService) -> bool:
    """Whether the catalog lets anyone lead the case out of its closed status."""
    return any(status.kind != "closed" for status in service.targets_from(case.status))


def _answers(view: CardView, words: Words) -> str:
    shown = [
        _answer(field, view.answers.get(field.key), words)
        for field in view.definition.fields
        if field.on_card and not field.sensitive
    ]
    return SEPARATOR.join(answer for answer in shown if answer)


def _answer(field: Field, value: Any, words: Words) -> str:
    """A choice stands for itself; yes, a number or a day says nothing without its question."""
    answer = rendered(field, value, words).replace("\n", ", ")
    if not answer or field.kind not in WITH_LABEL:
        return answer
    label = _short(field.label.in_(words.language))
    return f"{label} {answer}" if label.endswith("?") else f"{label}: {answer}"


def _short(label: str) -> str:
    """The question without what stands in brackets, cut between words."""
    bare = re.sub(r"\s*\([^()]*\)", "", label).strip().rstrip(":.").strip()
    if len(bare) <= LABEL_LETTERS:
        return bare
    return bare[: LABEL_LETTERS - 1].rpartition(" ")[0].rstrip(" ,;:–-") + "…"


def _circumstances(view: CardView, words: Words, today: date | None) -> list[str]:
    case = view.case
    told = [colour] if (colour := colour_words(case.colour, words)) else []
    if view.news:
        told.append(words("card.unread"))
    if case.due_on is not None and _is_overdue(case, today):
        told.append(words("label.overdue", date=words.day_short(case.due_on)))
    if view.undelivered:
        told.append(words("card.undelivered"))
    if case.origin == "web":
        told.append(words("label.origin.web"))
    if case.origin == "open_eplatform":
        told.append(words("label.origin.oep"))
    return told


def _is_overdue(case: Case, today: date | None) -> bool:
    """Its passing has been told, or has not yet but is plain."""
    assert case.due_on is not None
    return case.overdue_told == case.due_on or (today is not None and case.due_on < today)


def _buttons(case: Case, service: EService | None, words: Words) -> Block:
    free = not case.officers
    take = button(
        words("btn.take"),
        "case:take",
        versioned(case),
        style="primary" if free else "",
        label=_about(words("btn.take"), case.number, words),
    )
    if on_page_only(case, service):
        return actions([take, _page(case, words)])
    rest = [
        button(words(key), action_id, versioned(case), label=_about(words(key), case.number, words))
        for key, action_id in (("btn.status", "case:status"), ("btn.write", "case:message"))
        if action_id != "case:message" or _can_be_written_to(case, service)
    ]
    return actions([take, _show(case, words), *rest, menu(case, CARD_MENU, words)])


CARD_MENU = {
    "officers": "btn.officers",
    "note": "btn.note",
    "flag": "btn.flag",
    "colour": "btn.colour",
    "tools": "btn.tools",
}
"""What the menu does, by the key of its words."""


def menu(case: Case, does: Mapping[str, str], words: Words) -> Element:
    """What is rarer, beside the buttons; each option says what it is for before its case."""
    options = [option(words(key), f"{deed}:{versioned(case)}") for deed, key in does.items()]
    return overflow("case:more", options)


def _can_be_written_to(case: Case, service: EService | None) -> bool:
    return service is not None and service.applicant_follows and bool(case.applicants)


def _show(case: Case, words: Words) -> Element:
    show = words("btn.show")
    return button(show, "case:show", versioned(case), label=_about(show, case.number, words))


def _page(case: Case, words: Words) -> Element:
    page = words("btn.page")
    return button(page, "case:page", versioned(case), label=_about(page, case.number, words))


def _about(text: str, number: str, words: Words) -> str:
    return words("btn.about", button=text, number=number)


def _closing(case: Case, service: EService | None, catalog: Catalog, words: Words) -> str:
    assert case.closed_at is not None
    return words(
        "card.closed",
        status=status_name(service, case.status, words),
        time=words.moment(case.closed_at),
        name=by_name(case.status_by, catalog, words),
    )


def _said(case: Case, service: EService | None, catalog: Catalog, words: Words) -> str:
    called = case.number
    if service is not None and not on_page_only(case, service):
        called = f"{case.number}, {literal_within(service.name.in_(words.language), 700)}"
    if case.closed_at is not None:
        return words(
            "card.said.closed",
            case=called,
            closed=literal_within(_closing(case, service, catalog, words), 700),
        )
    assigned = officers_line(case.assignees, catalog, words)
    officers = (
        words("card.said.officers", names=literal_within(assigned, 700))
        if assigned
        else words("card.said.nobody")
    )
    key = "card.said.new" if _is_new(case) else "card.said"
    return words(
        key,
        case=called,
        status=literal_within(status_name(service, case.status, words), 700),
        officers=officers,
    )


def _is_new(case: Case) -> bool:
    """Nothing has happened to it but that a rule may have given it to someone."""
    by_rule = [one for one in case.assignees if one.by == BY_RULE]
    return case.seq == 1 + len(by_rule)
