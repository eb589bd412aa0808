"""The filter of App Home's list, its order, and the saved views."""

from __future__ import annotations

from bot.blocks.block_kit.elements import Element, actions, button, option, plain_text, section
from bot.blocks.block_kit.message import Block
from bot.blocks.lists.home_state import HomeState
from bot.domain.lists.case_lists import stored_name
from bot.domain.lists.case_query import searches_everywhere
from bot.domain.lists.query_choices import Choices
from bot.domain.lists.query_validation import QueryRefused, TooManyToSort
from bot.domain.lists.query_wording import describe_query, service_name, sort_choices, status_name
from bot.text import Words

SERVICE_FIELD = "home:service"
STATUS_FIELD = "home:status"
SORT_FIELD = "home:sort"
VIEW_FIELD = "home:view"

ANY = "-"
"""The choice of no value."""

SEVERAL = "--"
"""Stands for the values that are chosen where they are several."""

MAX_OPTIONS = 100

MAX_REFUSALS = 20
"""Sentences about a list that cannot be shown; there can be a hundred values of each kind."""


def filter_blocks(state: HomeState, words: Words) -> list[Block]:
    """The menus above the list. Slack keeps what is chosen in them until their block has another id."""
    menus = [
        _menu(SERVICE_FIELD, _chosen_services(state, words), words),
        _menu(STATUS_FIELD, _chosen_statuses(state, words), words),
        _sort_menu(state, words),
        button(words("page.list.filter"), "home:filter"),
        button(words("page.list.columns"), "home:columns"),
    ]
    menus_id = f"home:menus#{state.shown.list_id or stored_name(state.tab)}#{words.language}"
    return [actions(menus, menus_id), _views_row(state, words)]


def _menu(action_id: str, initial: Element, words: Words) -> Element:
    """A menu whose options are asked for while typing."""
    return {
        "type": "external_select",
        "action_id": action_id,
        "placeholder": plain_text(words("home.menu.search"), 150),
        "min_query_length": 0,
        "initial_option": initial,
    }


def _chosen_services(state: HomeState, words: Words) -> Element:
    chosen = state.shown.query.filter.services
    if len(chosen) > 1:
        return option(words("home.services", n=len(chosen)), SEVERAL)
    if not chosen:
        return option(words("home.services.any"), ANY)
    return option(service_name(chosen[0], state.catalog, words), chosen[0])


def _chosen_statuses(state: HomeState, words: Words) -> Element:
    chosen = state.shown.query.filter.statuses
    if len(chosen) > 1:
        return option(words("home.statuses", n=len(chosen)), SEVERAL)
    if not chosen:
        return option(words("home.statuses.any"), ANY)
    return option(status_name(chosen[0], state.catalog, words), chosen[0])


def menu_options(choices: Choices, any_label: str = "") -> list[Element]:
    """The options of a menu, after one for no value where that has a label; as many as Slack takes."""
    first = [option(any_label, ANY)] if any_label else []
    return [*first, *(option(label, value) for value, label in choices)][:MAX_OPTIONS]


def _sort_menu(state: HomeState, words: Words) -> Element:
    query = state.shown.query
    choices = sort_choices(words, has_urgency=query.filter.waiting)
    options = [option(label, value) for value, label in choices]
    current = f"{query.sort}:{query.is_descending:d}"
    initial = [one for one in options if one["value"] == current] or options[:1]
    return {
        "type": "static_select",
        "action_id": SORT_FIELD,
        "options": options,
        "initial_option": initial[0],
    }


def _views_row(state: HomeState, words: Words) -> Block:
    view = state.shown.view
    elements = []
    if state.views:
        options = [option(one.name, one.id) for one in state.views]
        menu: Element = {
            "type": "static_select",
            "action_id": VIEW_FIELD,
            "placeholder": plain_text(words("home.views"), 150),
            "options": options,
        }
        chosen = [one for one in options if view is not None and one["value"] == view.id]
        elements.append(menu | ({"initial_option": chosen[0]} if chosen else {}))
    elements.append(button(words("btn.saveview"), "home:saveview"))
    if state.views:
        elements.append(button(words("btn.views"), "home:views"))
    shown_view = view.id if view is not None else ""
    return actions(elements, f"home:views#{shown_view}#{len(state.views)}#{state.shown.list_id}")


def filter_lines(state: HomeState, words: Words) -> list[Block]:
    """What the list is narrowed to, in words, with the button that shows the whole tab; of a view that is changed, the
    one that shows it as it was saved."""
    view, is_changed = state.shown.view, state.shown.is_changed
    blocks: list[Block] = []
    if parts := describe_narrowing(state, words):
        action = "home:clear" if view is None else f"home:look:{stored_name(state.tab)}"
        has_clear = is_changed == (view is None)
        clear = button(words("page.list.clear"), action) if has_clear else None
        blocks.append(section(words("home.filter", filter=parts), clear))
    if view is not None and is_changed:
        blocks.append(section(words("home.view.changed"), button(words("btn.resetview"), "home:clear")))
    if state.shown.query.text and not searches_everywhere(state.shown.query):
        blocks.append(actions([button(words("btn.searchall"), "home:searchall")]))
    return blocks


def describe_narrowing(state: HomeState, words: Words) -> str:
    """Bygglov, försenade; empty where the list has all cases of its tab."""
    if not state.is_narrowed:
        return ""
    return describe_query(state.shown.query, state.catalog, words)


def refused_blocks(state: HomeState, words: Words) -> list[Block]:
    """Why the cases cannot be shown, and what to press."""
    refusals = state.shown.refusals
    sentences = [section(one.in_words(words)) for one in refusals[:MAX_REFUSALS]]
    is_about_values = all(
        isinstance(one, QueryRefused) and not isinstance(one, TooManyToSort) for one in refusals
    )
    return [*sentences, *([actions([button(words("home.drop"), "home:drop")])] if is_about_values else [])]
