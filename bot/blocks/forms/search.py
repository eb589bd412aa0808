"""Sök ärende: what is looked for, and beneath it what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import context, option
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import GIVES_PLACE, View, modal
from bot.blocks.forms import fields
from bot.blocks.lists.search_results import SearchResults, search_results_blocks
from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.text import Words, sort_key

ID = "search:submit"
TEXT_FIELD, SERVICE_FIELD = "text", "service"
_MAX_SERVICES = 100


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The officer who searches, among the catalog's e-services; `results` is None until something was looked for,
    and `is_from_app_home` is whether App Home lies beneath.

    What is typed is not among it: Slack keeps that in its field, and nobody else does.
    """

    officer: Officer
    catalog: Catalog
    results: SearchResults | None = None
    message: str = ""
    is_from_app_home: bool = False


def search_form(form: SearchForm, words: Words) -> View:
    """The dialog; it stays when it is submitted, so that one can look for something else."""
    result_blocks = (
        search_results_blocks(form.results, form.catalog, words) if form.results is not None else []
    )
    metadata: dict[str, Any] = {GIVES_PLACE: True}
    metadata |= {"hits": form.results.id, "page": form.results.page} if form.results is not None else {}
    metadata |= {"home": True} if form.is_from_app_home else {}
    return modal(
        ID,
        words("search.title"),
        [
            fields.input_block(
                TEXT_FIELD, words("search.text"), fields.text_input(), hint=words("search.hint")
            ),
            *_service_choice(form, words),
            *([context(form.message)] if form.message else []),
            *result_blocks,
        ],
        metadata,
        submit=words("btn.search"),
        close=words("btn.close"),
    )


def _service_choice(form: SearchForm, words: Words) -> list[Block]:
    """Where there is a choice, and no more of it than Slack takes."""
    services = [service for key in form.officer.access if (service := form.catalog.service(key)) is not None]
    if not 1 < len(services) <= _MAX_SERVICES:
        return []
    names_and_keys = sorted(
        ((one.name.in_(words.language), one.key) for one in services), key=lambda one: sort_key(one[0])
    )
    choice = fields.static_select(
        [option(name, key) for name, key in names_and_keys], placeholder=words("search.service.all")
    )
    return [fields.input_block(SERVICE_FIELD, words("search.service"), choice, optional=True)]


def read(view: Mapping[str, Any]) -> tuple[str, str]:
    """(what is looked for, the key of the e-service it is looked for in, or nothing for all of them)."""
    values = fields.read_values(view)
    return str(values.get(TEXT_FIELD) or ""), str(values.get(SERVICE_FIELD) or "")
