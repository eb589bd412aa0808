"""Sök ärende: what is looked for, and beneath it what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import context, option
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.blocks.lists.search_results import Hits, hit_pages
from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.text import Words, sort_key

ID = "search:submit"
TEXT, SERVICE = "text", "service"
_MOST_SERVICES = 100


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The officer who searches, among the catalog's e-services; `hits` is None until something was looked for,
    and `home` is whether App Home lies beneath.

    What is typed is not among it: Slack keeps that in its field, and nobody else does.
    """

    officer: Officer
    catalog: Catalog
    hits: Hits | None = None
    said: str = ""
    home: bool = False


def search_form(form: SearchForm, words: Words) -> View:
    """The dialog; it stays when it is submitted, so that one can look for something else."""
    found = hit_pages(form.hits, form.catalog, words) if form.hits is not None else []
    ids = {"hits": form.hits.id, "page": form.hits.page} if form.hits is not None else {}
    ids |= {"home": True} if form.home else {}
    return modal(
        ID,
        words("search.title"),
        [
            fields.field(TEXT, words("search.text"), fields.short_text(), hint=words("search.hint")),
            *_services(form, words),
            *([context(form.said)] if form.said else []),
            *found,
        ],
        ids,
        submit=words("btn.search"),
        close=words("btn.close"),
    )


def _services(form: SearchForm, words: Words) -> list[Block]:
    """Where there is a choice, and no more of it than Slack takes."""
    services = [found for key in form.officer.access if (found := form.catalog.service(key)) is not None]
    if not 1 < len(services) <= _MOST_SERVICES:
        return []
    named = sorted(
        ((one.name.in_(words.language), one.key) for one in services), key=lambda one: sort_key(one[0])
    )
    select = fields.select([option(name, key) for name, key in named], prompt=words("search.service.all"))
    return [fields.field(SERVICE, words("search.service"), select, optional=True)]


def read(view: Mapping[str, Any]) -> tuple[str, str]:
    """(what is looked for, the key of the e-service it is looked for in, or nothing for all of them)."""
    given = fields.values(view)
    return str(given.get(TEXT) or ""), str(given.get(SERVICE) or "")
