"""All commands and events that there are: what the modules of the domain define is found, and listed nowhere."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import bot.domain
from bot.domain.rules import CaseCommand, Command, Event


@cache
def event_kinds() -> Mapping[str, type[Event]]:
    """Every event by its name; what several of them are made of is named with an underscore, and is none."""
    return {
        kind.__name__: kind
        for kind in _defined_classes()
        if issubclass(kind, Event) and kind is not Event and not kind.__name__.startswith("_")
    }


@cache
def command_kinds() -> Mapping[str, Any]:
    """Every command by its name: whatever decides."""
    return {
        kind.__name__: kind
        for kind in _defined_classes()
        if "decide" in vars(kind) and kind not in (Command, CaseCommand)
    }


def one_click_actions() -> Mapping[str, Callable[[str], Command]]:
    """Every action that needs no form, by its name; with what makes its command of a case's id."""
    return {
        action: _command_factory(kind, values)
        for kind in command_kinds().values()
        if issubclass(kind, CaseCommand)
        for action, values in kind.one_click.items()
    }


def _command_factory(kind: type[CaseCommand], values: Mapping[str, Any]) -> Callable[[str], Command]:
    return lambda case_id: kind(case_id=case_id, **values)


def _defined_classes() -> Iterator[type]:
    for module in pkgutil.iter_modules(bot.domain.__path__, "bot.domain."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name:
                yield kind
