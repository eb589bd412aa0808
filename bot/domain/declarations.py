"""All commands and events: found in the modules of the domain, so that no list need be maintained."""

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
    """Every event class by its name; base classes begin with an underscore and are left out."""
    return {
        kind.__name__: kind
        for kind in _defined_classes()
        if issubclass(kind, Event) and kind is not Event and not kind.__name__.startswith("_")
    }


@cache
def command_kinds() -> Mapping[str, Any]:
    """Every command class by its name: all classes with `decide`."""
    return {
        kind.__name__: kind
        for kind in _defined_classes()
        if "decide" in vars(kind) and kind not in (Command, CaseCommand)
    }


def one_click_actions() -> Mapping[str, Callable[[str], Command]]:
    """For every action that needs no form, by its name: a function from a case id to its command."""
    return {
        action: _command_factory(kind, values)
        for kind in command_kinds().values()
        if issubclass(kind, CaseCommand)
        for action, values in kind.one_click.items()
    }


def _command_factory(kind: type[CaseCommand], values: Mapping[str, Any]) -> Callable[[str], Command]:
    return lambda case_id: kind(case_id=case_id, **values)


def _defined_classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(bot.domain.__path__, "bot.domain."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name:
                yield kind
