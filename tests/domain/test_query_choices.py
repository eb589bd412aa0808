"""What an officer can choose in a filter."""

from __future__ import annotations

from datetime import date

from bot.catalog import load
from bot.domain.actors import find_officer
from bot.domain.lists.query_choices import status_choices
from bot.text import words
from tests.conftest import SAMPLE


def test_statuses_of_the_same_name_are_told_apart_by_their_e_services() -> None:
    catalog = load(SAMPLE)
    officer = find_officer(catalog, "anna-berg", date(2026, 11, 23))
    assert officer is not None
    chosen = status_choices(officer, catalog, words("sv"))
    labels = [label for _, label in chosen]
    assert len(set(labels)) == len(labels)
    keys = {status.key for key in officer.access for status in catalog.services[key].statuses}
    assert {key for key, _ in chosen} == keys
