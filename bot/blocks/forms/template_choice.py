"""The choice of a template, whose text is put below what was typed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import Element, option, option_group, plain_text
from bot.blocks.block_kit.message import Block
from bot.blocks.forms import fields
from bot.catalog.templates import Template
from bot.text import Words

NO_TEMPLATE = "-"


def template_block(field: str, templates: Sequence[Template], chosen: str, words: Words) -> list[Block]:
    """The field of that name; nothing where there are no templates. `chosen` is the key of a template."""
    if not templates:
        return []
    options = [option(words("message.template.none"), NO_TEMPLATE), *_options(templates, words)]
    fits_in_list = len(options) <= fields.MAX_OPTIONS
    choice = fields.static_select(options, chosen) if fits_in_list else _search(options, chosen, words)
    return [fields.input_block(field, words("message.template"), choice, optional=True, dispatch=True)]


def _options(templates: Sequence[Template], words: Words) -> list[Element]:
    return [option(one.name.in_(words.language), one.key) for one in templates]


def _search(options: Sequence[Element], chosen: str, words: Words) -> Element:
    """A menu with search, where there are more templates than a menu may have."""
    initial = [one for one in options if one["value"] == chosen]
    return {
        "type": "external_select",
        "placeholder": plain_text(words("message.template.search"), 150),
        "min_query_length": 0,
        **({"initial_option": initial[0]} if initial else {}),
    }


def suggestions(templates: Sequence[Template], words: Words) -> list[Element]:
    """The response to typing: the templates under a heading, at most a hundred."""
    options = _options(templates[: fields.MAX_OPTIONS], words)
    return [option_group(words("message.template"), options)] if options else []
