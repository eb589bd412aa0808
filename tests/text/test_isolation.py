"""What is written from right to left moves nothing of the sentence that it stands in."""

from __future__ import annotations

import re

import pytest

from bot.catalog.services import words_for_all
from bot.portal.rendering import PORTAL_DIR
from bot.text import words
from bot.text.isolation import isolate

ARABIC, HEBREW = "\u0639\u0644\u064a", "\u05d3\u05d5\u05d3"
FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize("name", [ARABIC, HEBREW, f"{ARABIC} Ek", f"plan {HEBREW}.pdf", "\U0001e922"])
def test_a_name_from_right_to_left_is_isolated(name: str) -> None:
    assert isolate(name) == f"{FSI}{name}{PDI}" == isolate(isolate(name))


@pytest.mark.parametrize(
    "name", ["", "Eva Ek", "\u00c5sa Nordstr\u00f6m", "\u5f20\u4f1f", "\u0418\u0432\u0430\u043d"]
)
def test_other_names_are_left_as_they_are(name: str) -> None:
    assert isolate(name) == name


def test_pages_isolate_what_they_fill_in_and_list_and_nothing_else_does() -> None:
    plain = words("sv")
    pages = plain.isolating()
    assert pages("page.file.infected", file=ARABIC).count(f"{FSI}{ARABIC}{PDI}") == 1
    assert pages.list([ARABIC, "Bo", HEBREW]) == f"{FSI}{ARABIC}{PDI}, Bo och {FSI}{HEBREW}{PDI}"
    for_nobodys = words_for_all([], pages)
    assert for_nobodys("page.file.infected", file=ARABIC) == pages("page.file.infected", file=ARABIC)
    assert FSI not in plain("page.file.infected", file=ARABIC) + plain.list([ARABIC]) + pages.list(["Bo"])


def test_every_template_isolates_the_names_that_it_lists_and_those_beside_other_words() -> None:
    """A list is joined of isolated items, or of the program's own words; who wrote something stands beside a time."""
    own_words = ("limits.kinds",)
    found = []
    for path in sorted((PORTAL_DIR / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        for joined in re.findall(r"([\w.()+ |\"=]+)\|join\(\", \"\)", text):
            if not joined.endswith('map("isolated")') and not joined.strip().endswith(own_words):
                found.append((path.name, joined))
        for start, written in re.findall(
            r"(<[^<>]*>|[^<>]{1,5})\{\{ ([^{}]*\bsender\([^{}]*|said\.sender) \}\}", text
        ):
            if start != "<bdi>":
                found.append((path.name, written))
    assert found == []
