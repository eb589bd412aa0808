"""The form that a list is filtered and sorted with on the web."""

from __future__ import annotations

from dataclasses import replace

from bot.catalog.models import Catalog
from bot.domain.assignment import assignee_labels
from bot.domain.lists import query_form
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import NOBODY, CaseQuery
from bot.domain.lists.query_form import CHOICES, VALUES, FilledFilter, fill_from_query
from bot.domain.name_search import find_assignee
from bot.portal.forms.posted_form import PostedForm
from bot.store.lists.open_lists import OpenList
from bot.text import Words, fold

MAX_SUGGESTED = 300
"""Officers whose names the form suggests; with more of them one types the whole name."""


def fill_from_list(opened: OpenList, catalog: Catalog, words: Words) -> FilledFilter:
    """The form of a list."""
    filled = fill_from_query(opened.tab, opened.query)
    labels = (_assignee_label(ref, catalog, words) for ref in filled.choices["assignees"])
    own_values = {"assignee": ", ".join(labels), "page_size": str(opened.page_size)}
    return replace(filled, values={**filled.values, **own_values})


def fill_from_form(tab: CaseList, posted: PostedForm) -> FilledFilter:
    """The form as posted. Assignees are typed by name, with commas between them."""
    values = {name: posted.get(name).strip() for name in (*VALUES, "assignee", "page_size")}
    sort, _, descending = values["sort"].partition(":")
    values |= {"sort": sort, "descending": "1" if descending == "1" else ""}
    choices = {
        name: tuple(filter(None, posted.get_all(name))) if name != "assignees" else () for name in CHOICES
    }
    return FilledFilter(tab, values, choices)


def read_query(
    filled: FilledFilter, base: CaseQuery, catalog: Catalog, words: Words
) -> tuple[CaseQuery | None, dict[str, str]]:
    """The query of the form, with the columns of `base`; or None and what is wrong, by field."""
    names = [name.strip() for name in filled.values["assignee"].split(",") if name.strip()]
    found = {name: _find_assignee(name, catalog, words) for name in names}
    refs = tuple(ref for ref in found.values() if ref is not None)
    query, wrong = query_form.read_query(replace(filled, choices={**filled.choices, "assignees": refs}), base)
    problems = {name: words(key) for name, key in wrong.items()}
    if unknown := [name for name, ref in found.items() if ref is None]:
        problems["assignee"] = words("page.list.noassignee", names=words.list(unknown))
    return (query, {}) if not problems else (None, problems)


def _find_assignee(typed: str, catalog: Catalog, words: Words) -> str | None:
    """The reference of the officer or group with that name, or of nobody; None where none is called so, or several."""
    if fold(typed) == fold(words("query.nobody")):
        return NOBODY
    return find_assignee(catalog, typed, words.language)


def assignee_suggestions(catalog: Catalog, words: Words) -> list[str]:
    """Names to choose from; none of officers where they are too many for a list."""
    officers = [one.name for one in catalog.municipality.officers]
    groups = [one.name.in_(words.language) for one in catalog.municipality.groups]
    return [words("query.nobody"), *groups, *(officers if len(officers) <= MAX_SUGGESTED else [])]


def _assignee_label(ref: str, catalog: Catalog, words: Words) -> str:
    return words("query.nobody") if ref == NOBODY else assignee_labels([ref], catalog, words)[0]
