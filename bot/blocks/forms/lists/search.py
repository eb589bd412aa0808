"""Sök ärende: the query, and below it the results."""

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
    """The dialog's state; `results` is None before the first search, and `is_from_app_home` says whether the dialog was
    opened from App Home.

    The query is not part of it: it is only in Slack's field, and never stored.
    """

    officer: Officer
    catalog: Catalog
    results: SearchResults | None = None
    message: str = ""
    is_from_app_home: bool = False


def search_form(form: SearchForm, words: Words) -> View:
    """The dialog, which remains open when it is submitted, for another search."""
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
    """The menu of e-services, where there are several and Slack's menu has room for them."""
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
    """(query, e-service key); the key is empty for all e-services."""
    values = fields.read_values(view)
    return str(values.get(TEXT_FIELD) or ""), str(values.get(SERVICE_FIELD) or "")
