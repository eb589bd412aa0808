"""Koppla ärenden: linking a case to another, and the links that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, divider, option, section, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.cases.link_lines import link_text
from bot.blocks.forms import fields
from bot.blocks.values import MenuChoice, encode
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.domain.case import Case, LinkKind
from bot.domain.link_wording import DescribedLink, describe_links
from bot.domain.links import OFFERED_KINDS
from bot.domain.status import applicant_notice
from bot.domain.views import CaseView
from bot.text import Words

ID = "case:link:submit"
STAYS_OPEN = "-"
"""The choice that a duplicate is not closed; no status has such a key."""

MAX_DESCRIBED = 10
"""Statuses of which the dialog says what the applicant reads."""


@dataclass(frozen=True, slots=True)
class LinkForm:
    """What the dialog is about: `statuses` are those that the case may get as a duplicate, none where it is closed."""

    view: CaseView
    service: EService
    statuses: Sequence[Status]
    number: str = ""
    kind: LinkKind = OFFERED_KINDS[0]
    """The other case's number and the kind of link, as they were typed in a command."""


@dataclass(frozen=True, slots=True)
class FilledLink:
    """The dialog as filled in: the other case's number as typed, and the status of a duplicate, "" for none."""

    case_id: str
    number: str
    kind: LinkKind
    closing_status: str


def link_form(form: LinkForm, catalog: Catalog, origin: Mapping[str, Any], words: Words) -> View:
    """The dialog, with the case's links, each with a button that removes it."""
    view, case = form.view, form.view.case
    kinds = [option(words(f"link.{kind}"), kind) for kind in OFFERED_KINDS]
    typed = {**fields.text_input(), **({"initial_value": form.number} if form.number else {})}
    return modal(
        ID,
        words("btn.link"),
        [
            context(case_title(case, form.service, words)),
            *_links(case, describe_links(view, catalog, words), catalog, words),
            fields.input_block("number", words("link.number"), typed, hint=words("link.number.hint")),
            fields.input_block(
                "kind",
                words("link.kind"),
                fields.radio_buttons(kinds, form.kind),
                hint=words("link.kind.hint"),
            ),
            *_closing_field(form, words),
        ],
        {**origin, "case": case.id},
        submit=words("btn.link.submit"),
        close=words("btn.cancel"),
    )


def _closing_field(form: LinkForm, words: Words) -> list[Block]:
    """Which status an open case gets if it is a duplicate, and what its applicant then reads."""
    if not form.statuses:
        return []
    proposed = next((one.key for one in form.statuses if one.for_duplicates), STAYS_OPEN)
    options = [
        *(
            option(words("link.closing.yes", status=one.name.in_(words.language)), one.key)
            for one in form.statuses[: fields.MAX_OPTIONS - 1]
        ),
        option(words("link.closing.no"), STAYS_OPEN),
    ]
    hint = words("link.closing.hint" if proposed != STAYS_OPEN else "link.closing.hint.choose")
    choice = fields.static_select(options, proposed)
    return [
        fields.input_block("closing_status", words("link.closing"), choice, hint=hint),
        *(_applicant_reads(form, one, words) for one in form.statuses[:MAX_DESCRIBED]),
    ]


def _applicant_reads(form: LinkForm, status: Status, words: Words) -> Block:
    notice = applicant_notice(status, form.view.case, form.service)
    read = words("status.told", told=notice.in_(words.language)) if notice else words("status.silent")
    return titled_section(status.name.in_(words.language), read)


def _links(case: Case, links: Sequence[DescribedLink], catalog: Catalog, words: Words) -> list[Block]:
    unlink = words("btn.unlink")
    rows = [
        titled_section(
            link.kind,
            link_text(link, catalog, words),
            button(unlink, "case:unlink", _unlink_value(case, link.other)) if link.case is not None else None,
        )
        for link in links
    ]
    return [*rows, divider()] if rows else []


def _unlink_value(case: Case, other: str) -> str:
    return encode(MenuChoice(other, case.id, case.seq))


def linked(case: Case, other: Case, origin: Mapping[str, Any], words: Words, closed_as: str = "") -> View:
    """The confirmation that replaces the dialog, with a button that undoes it.

    `closed_as` is the name of the status that the case got as a duplicate.
    """
    key = "ok.linked.closed" if closed_as else "ok.linked"
    text = words(key, number=case.number, other=other.number, status=closed_as)
    undo = button(words("btn.undo"), "case:unlink", _unlink_value(case, other.id))
    return _confirmation([section(text), actions([undo])], origin, words)


def unlinked(text: str, origin: Mapping[str, Any], words: Words) -> View:
    """The confirmation that the link is removed."""
    return _confirmation([section(text)], origin, words)


def _confirmation(blocks: list[Block], origin: Mapping[str, Any], words: Words) -> View:
    return modal("told", words("btn.link"), blocks, origin, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> FilledLink:
    values = fields.read_values(view)
    kind = next((one for one in OFFERED_KINDS if one == values.get("kind")), OFFERED_KINDS[0])
    status = values.get("closing_status", STAYS_OPEN)
    return FilledLink(
        case_id=metadata_of(view)["case"],
        number=values.get("number", "").strip(),
        kind=kind,
        closing_status="" if status == STAYS_OPEN else status,
    )
