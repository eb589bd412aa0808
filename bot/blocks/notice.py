"""Private notices to one officer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.blocks.block_kit.elements import Element, actions, button, context, option, plain_text, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.cases.case_words import number_and_service
from bot.blocks.lists.unsent_messages import unsent_buttons
from bot.blocks.values import CaseRef, MenuChoice, encode
from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.flags import SNOOZES
from bot.domain.lists.case_lists import stored_name
from bot.domain.notice_reasons import NOTICE_REASONS, NoticeReason
from bot.domain.retention_plan import Awaited
from bot.domain.views import UnsentMessage
from bot.text import Words
from bot.text.sentences import join_sentences

MAX_BUTTONS = 5
"""Cases that have a button of their own in a notice about several."""

MAX_IN_DIGEST = 11
"""Notices in one message, of four blocks each at most: Slack takes 50."""

MAX_TEXT = 2_900
"""Characters of a notice's text, so that with two lines more (`with_line`) it has fewer than the 4,000 Slack takes."""

MAX_LINE = 500

MORNING_PARTS = ("new", "unassigned", "overdue")
"""What the morning's line counts, in its order."""

DAY_PARTS = ("overdue", "due", "news", "stopped", "sending", "reminders", "assigned")
"""What a summary of the day counts, in its order."""


def officer_notice(
    number: str,
    service: EService | None,
    reasons: Collection[NoticeReason],
    case_id: str,
    words: Words,
) -> Message:
    """A notice about a case: that there is something to read, never what, or that the case is now the officer's."""
    words = words_for(service, words)
    case_name = number_and_service(number, service, words)
    rows = [NOTICE_REASONS[reason] for reason in dict.fromkeys(reasons)]
    sentences = [words(row.text_key, case=case_name) for row in rows]
    leads_to = {row.leads_to for row in rows}
    if leads_to == {"nothing"}:
        return Message(escape_within(join_sentences(sentences), MAX_TEXT), [section("\n".join(sentences))])
    if service is None or service.strict:
        buttons = [button(words("btn.page"), "case:page", encode(CaseRef(case_id)))]
    else:
        buttons = _reading_buttons(leads_to, case_id, words)
    if "reminder" in reasons:
        buttons += _reminder_controls(case_id, words)
    return Message(
        escape_within(join_sentences(sentences), MAX_TEXT), [section("\n".join(sentences)), actions(buttons)]
    )


def digest_notice(notices: Sequence[Message], words: Words) -> Message:
    """Several notices about cases as one message: as many as it has room for, and how many more there are."""
    if len(notices) == 1:
        return notices[0]
    heading = words("notice.digest", n=len(notices))
    shown = notices[:MAX_IN_DIGEST]
    blocks = [section(heading), *(block for one in shown for block in one.blocks)]
    if len(notices) > len(shown):
        overview = button(words("list.overview"), f"home:list:{stored_name('todo')}")
        blocks += [context(words("notice.digest.more", n=len(notices) - len(shown))), actions([overview])]
    return Message(escape_within(heading, 300), blocks)


def substitute_line(absent: Sequence[str], words: Words) -> str:
    """That the officer gets the notice because they stand in for those who are absent, by name."""
    return words("notice.substitute", names=words.list(absent))


def with_line(notice: Message, line: str) -> Message:
    """The notice with another line below it."""
    return Message(
        join_sentences([notice.text, escape_within(line, MAX_LINE)]), [*notice.blocks, context(line)]
    )


def _reading_buttons(leads_to: Collection[str], case_id: str, words: Words) -> list[Element]:
    """Buttons that lead to what there is to read, or else to the case."""
    buttons = []
    if "messages" in leads_to:
        buttons.append(button(words("btn.read"), "case:read", encode(CaseRef(case_id))))
    if "note" in leads_to:
        buttons.append(button(words("btn.readnote"), "case:notes", encode(CaseRef(case_id))))
    if "messages" in leads_to:
        buttons.append(button(words("btn.write"), "case:message", encode(CaseRef(case_id))))
    return buttons or [button(words("btn.show"), "case:show", encode(CaseRef(case_id)))]


def _reminder_controls(case_id: str, words: Words) -> list[Element]:
    options = [
        option(words(f"snooze.{snooze_key}"), encode(MenuChoice(snooze_key, case_id)))
        for snooze_key in SNOOZES
    ]
    snooze: Element = {
        "type": "static_select",
        "action_id": "flag:snooze",
        "placeholder": plain_text(words("btn.snooze"), 150),
        "options": options,
    }
    return [snooze, button(words("btn.done"), "flag:done", encode(CaseRef(case_id)))]


def channel_trouble_notice(service: EService, catalog: Catalog, trouble: str, words: Words) -> Message:
    """To a coordinator: that the e-service's cards cannot be posted, why, and what to do."""
    channel = catalog.channel_of(service) or "–"
    sentence = words("notice.trouble", service=service.name.in_(words.language), channel=f"#{channel}")
    text = f"{sentence} {trouble_advice(trouble, words)}"
    return Message(escape_within(text, MAX_TEXT), [section(text)])


def catalog_notice(problem: str, count: int, words: Words) -> Message:
    """To a coordinator: that the catalog's files are wrong, the first of it, and that the one before is in force."""
    text = words("notice.catalog", n=count, problem=problem)
    return Message(escape_within(text, MAX_TEXT), [section(text)])


def retention_notice(
    service: EService, count: int, day: date, words: Words, awaited: Awaited = ""
) -> Message:
    """To a coordinator: how many of the e-service's cases are to be disposed of, from when, and what is awaited."""
    name = service.name.in_(words.language)
    key = f"notice.retention.{awaited}" if awaited else "notice.retention"
    text = words(key, n=count, service=name, date=words.day(day))
    return Message(
        escape_within(text, MAX_TEXT),
        [section(text), actions([button(words("btn.retention"), "retention:page")])],
    )


def lost_access_notice(
    service: EService, count: int, numbers: Sequence[str], words: Words, cases: Sequence[tuple[str, str]] = ()
) -> Message:
    """To a coordinator: how many open cases only have officers without access, and the numbers of the first.

    Each of the first `cases` (id, number) has a button that changes its officers; the others are in the overview.
    """
    name = service.name.in_(words.language)
    text = words("notice.lostaccess", n=count, service=name, numbers=words.list(numbers))
    buttons = [
        actions(
            [button(words("btn.officers.of", number=number), "case:officers", encode(CaseRef(case_id)))],
            f"officers{place}",
        )
        for place, (case_id, number) in enumerate(cases[:MAX_BUTTONS])
    ]
    overview = actions([button(words("btn.overview"), "home:overview")])
    return Message(escape_within(text, MAX_TEXT), [section(text), *buttons, overview])


AbsenceRole = Literal["substitute", "released", "absent", "back"]
"""In which role an officer is told of an absence: they stand in, no longer do, are absent, or are back."""


@dataclass(frozen=True, slots=True)
class AbsenceFacts:
    """The name of who is absent, the first and the last day, and in which role the officer is told.

    `passed_on` are the names of those for whom the absent officer is the substitute.
    """

    name: str
    first: date
    last: date
    role: AbsenceRole
    passed_on: tuple[str, ...] = ()


def absence_notice(facts: AbsenceFacts, words: Words) -> Message:
    """To an officer: that they stand in for a colleague, or no longer do; or that another has set their own absence."""
    first, last = words.day(facts.first), words.day(facts.last)
    text = words(f"notice.absence.{facts.role}", name=facts.name, first=first, last=last)
    if facts.passed_on:
        key = f"notice.absence.{facts.role}.passed"
        text = f"{text} {words(key, name=facts.name, names=words.list(facts.passed_on))}"
    return Message(escape_within(text, MAX_TEXT), [section(text)])


def unassigned_notice(service: EService, count: int, days: int, words: Words) -> Message:
    """To a coordinator: how many of the e-service's cases nobody has taken for so many working days."""
    text = words("notice.unassigned", n=count, service=service.name.in_(words.language), days=days)
    overview = button(words("list.overview"), f"home:list:{stored_name('unassigned')}")
    return Message(escape_within(text, MAX_TEXT), [section(text), actions([overview])])


def morning_line(counts: Mapping[str, int], words: Words) -> Message:
    """To a channel: 5 nya, 3 obehandlade för länge, 1 försenat. What there is none of is left out."""
    parts = [words(f"morning.{name}", n=counts[name]) for name in MORNING_PARTS if counts.get(name)]
    text = words("morning.line", list=words.list(parts))
    return Message(escape_within(text, MAX_TEXT), [section(text)])


def day_notice(counts: Mapping[str, int], unsent: Sequence[UnsentMessage], words: Words) -> Message:
    """Din dag, to an officer: a line for each thing of which there is some, and the way to the cases.

    `unsent` are the messages that were stopped, each of which has a button that leads to it.
    """
    lines = [words(f"day.{name}", n=counts[name]) for name in DAY_PARTS if counts.get(name)]
    title, overview = words("settings.day"), button(words("btn.overview"), "home:overview")
    text = "\n".join([f"*{title}*", *(f"• {line}" for line in lines)])
    return Message(
        f"{title}: {', '.join(lines)}", [section(text), actions([*unsent_buttons(unsent, words), overview])]
    )


def trouble_advice(trouble: str, words: Words) -> str:
    """The sentence for a delivery's trouble; a general one for codes of Slack's without a sentence."""
    key = f"trouble.{trouble}"
    return words(key) if words.has(key) else words("trouble.other", trouble=trouble)
