"""Koppla ärenden: linking a case to another, and the links that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.blocks.block_kit.elements import actions, button, context, divider, option, section, titled_section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, metadata_of, modal
from bot.blocks.cases.case_words import case_title
from bot.blocks.cases.link_lines import link_text
from bot.blocks.forms import fields
from bot.blocks.values import MenuChoice, encode
from bot.catalog.models import Catalog
from bot.domain.case import Case, LinkKind
from bot.domain.link_wording import DescribedLink, describe_links
from bot.domain.links import OFFERED_KINDS
from bot.domain.views import CaseView
from bot.text import Words

ID = "case:link:submit"


def link_form(
    view: CaseView, catalog: Catalog, origin: Mapping[str, Any], words: Words, number: str = ""
) -> View:
    """The dialog, with the case's links, each with a button that removes it; `number` was typed in a command."""
    case = view.case
    kinds = [option(words(f"link.{kind}"), kind) for kind in OFFERED_KINDS]
    typed = {**fields.text_input(), **({"initial_value": number} if number else {})}
    service = catalog.service(case.service)
    return modal(
        ID,
        words("btn.link"),
        [
            context(case_title(case, service, words)),
            *_links(case, describe_links(view, catalog, words), catalog, words),
            fields.input_block("number", words("link.number"), typed, hint=words("link.number.hint")),
            fields.input_block(
                "kind",
                words("link.kind"),
                fields.radio_buttons(kinds, OFFERED_KINDS[0]),
                hint=words("link.kind.hint"),
            ),
        ],
        {**origin, "case": case.id},
        submit=words("btn.link.submit"),
        close=words("btn.cancel"),
    )


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


def linked(case: Case, other: Case, origin: Mapping[str, Any], words: Words) -> View:
    """The confirmation that replaces the dialog, with a button that undoes it."""
    text = words("ok.linked", number=case.number, other=other.number)
    undo = button(words("btn.undo"), "case:unlink", _unlink_value(case, other.id))
    return _confirmation([section(text), actions([undo])], origin, words)


def unlinked(origin: Mapping[str, Any], words: Words) -> View:
    """The confirmation that the link is removed."""
    return _confirmation([section(words("ok.unlinked"))], origin, words)


def _confirmation(blocks: list[Block], origin: Mapping[str, Any], words: Words) -> View:
    return modal("told", words("btn.link"), blocks, origin, close=words("btn.close"))


def read(view: Mapping[str, Any]) -> tuple[str, str, LinkKind]:
    """(case id, number as typed, kind) as filled in."""
    values = fields.read_values(view)
    kind = next((one for one in OFFERED_KINDS if one == values.get("kind")), OFFERED_KINDS[0])
    return metadata_of(view)["case"], values.get("number", "").strip(), kind
