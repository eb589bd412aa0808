"""What hypothesis makes up: texts of every kind, and catalogs that pass the check."""

from __future__ import annotations

import os
import random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from bot.catalog.fields import PERSONAL_KINDS
from bot.catalog.files.cross_checks import MAX_STATUSES, KnownKeys, check_municipality, check_service
from bot.catalog.models import Catalog
from tests.scope import count_examples, sampler

SEARCHING = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 1


@sampler
def examples(n: int) -> settings:
    """So many examples are tried in `make long`, fewer in `make test`, and many more by one who searches."""
    return settings(max_examples=count_examples(n) * SEARCHING)


NASTY_TEXTS = (
    *("<!channel>", "<!here>", "<@U0ANNABERG>", "<#C0BYGGLOV1>", "<!subteam^S1>", "@channel @here @everyone"),
    *("*fet* _kursiv_ ~struken~ `kod`", "```x```", "`<!channel>`", "> citat", "&lt;!channel&gt; &amp;"),
    *("<https://evil.example|Slack>", "https://evil.example", "mailto:x@y.se", ":smile: :+1:"),
    *("ا" * 120, "\u202egnp.exe\u202c", "e\u0301" * 90, "👩‍👩‍👧‍👦" * 60, "\u200b\u200d\ufeff", "ﷺ" * 200),
    *(
        "å" * 3_000,
        "x " * 1_600,
        "\n" * 50 + "x",
        "\t",
        "a\x00b\x1b[31m",
        "{name} {0} %s %(x)s {{}}",
        "—",
        "0",
    ),
)

NASTY = st.one_of(st.sampled_from(NASTY_TEXTS), st.text(max_size=300))
"""Any text: emoji, from right to left, without width, what Slack takes for a call or a link, what is far too long."""

TYPED = st.one_of(NASTY, st.sampled_from(["å" * 100_000, "<!channel>" * 2_000, "\ud800", "x\udfff"]))
"""What someone may send in, before it is cleaned."""

NAMES = NASTY.filter(lambda text: bool(text.strip()))


STANDARD, STRICT = "e1", "e2"
"""The e-services of a made-up catalog, by their privacy."""


class _CatalogMaker:
    """Makes catalogs of a few names: drawing each of a thousand names would take far longer than drawing pictures."""

    KINDS = (
        *("text", "long_text", "number", "date", "yes_no", "choice"),
        *("choices", "email", "address", "file", "info"),
    )
    STATUSES = ("submitted", "waiting_for_completion", "in_progress", "closed")

    def __init__(self, names: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self.names = names

    def name(self) -> str:
        return self.random.choice(self.names)

    def short(self) -> str:
        return self.name().strip()[:120].strip()

    def coin_flip(self) -> bool:
        return self.random.random() < 0.5

    def pick_count(self, maximum: int) -> range:
        """None, a few, or just as many as there may be."""
        return range(self.random.choice([0, 1, 3, maximum]))

    def field(self, n: int, *, strict: bool) -> dict[str, Any]:
        kind = self.random.choice(self.KINDS)
        made: dict[str, Any] = {"key": f"f{n}", "kind": kind, "label": self.name()}
        if kind in ("choice", "choices"):
            made["choices"] = [{"key": f"c{c}", "label": self.name()} for c in (0, *self.pick_count(40))]
            made["choices"] = list({one["key"]: one for one in made["choices"]}.values())
        made["on_card"] = not strict and kind in ("choice", "yes_no", "number", "date") and self.coin_flip()
        if made["on_card"]:
            made["card_label"] = self.card_label()
        made["in_slack"] = not strict and kind not in PERSONAL_KINDS and self.coin_flip()
        return made

    def card_label(self) -> str:
        label = self.name().replace("{", "(").replace("}", ")")[:30].strip() or "x"
        return f"{label} {{answer}}" if self.coin_flip() else label

    def status(self, n: int, kind: str) -> dict[str, Any]:
        description = self.name() if self.coin_flip() else None
        requires = self.random.choice([None, None, "message", "note"])
        return {
            "key": f"s{n}",
            "name": self.name(),
            "kind": kind,
            "told": description,
            "requires": requires,
            "may_delete": kind != "in_progress",
        }

    def template(self, n: int) -> dict[str, Any]:
        text = self.name().replace("{", "(").replace("}", ")")
        return {"key": f"t{n}", "name": self.name(), "for": "message", "text": text}

    def service(self, key: str) -> dict[str, Any]:
        strict = key == STRICT
        more = self.pick_count(MAX_STATUSES - len(self.STATUSES))
        kinds = [*self.STATUSES, *(self.random.choice(self.STATUSES) for _ in more)]
        return {
            "key": key,
            "name": self.name(),
            "unit": self.name(),
            "channel": "kanal",
            "privacy": "strict" if strict else "standard",
            "retention": "keep",
            "thread_notes": False,
            "working_days": self.random.choice([None, 1, 50]),
            "applicant_word": self.name(),
            "fields": [self.field(n, strict=strict) for n in self.pick_count(45)],
            "statuses": [self.status(n, kind) for n, kind in enumerate(kinds)],
            "templates": [self.template(n) for n in self.pick_count(105)],
            "officers": [{"group": "g99"}, {"officer": "o99", "coordinator": True}],
            "protected_officers": ["o99"] if self.coin_flip() else [],
        }

    def officer(self, n: int) -> dict[str, Any]:
        return {"key": f"o{n}", "name": self.short(), "email": f"o{n}@x.example", "unit": self.name()}

    def group(self, n: int) -> dict[str, Any]:
        return {"key": f"g{n}", "name": self.name(), "members": ["o99"]}

    def catalog(self) -> Catalog:
        return Catalog.model_validate(
            {
                "municipality": {
                    "name": self.name(),
                    "short_name": self.name(),
                    "contact": {"name": self.name()},
                    "support": {"name": self.name(), "email": "it@x.example"},
                    "officers": [self.officer(n) for n in (*self.pick_count(60), 99)],
                    "groups": [self.group(n) for n in (*self.pick_count(30), 99)],
                },
                "services": {key: self.service(key) for key in (STANDARD, STRICT)},
            }
        )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A catalog that passes the check, with names of every kind and as many of everything as there may be."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6))
    catalog = _CatalogMaker(names, draw(st.integers(0, 2**32))).catalog()
    assert not _problems(catalog), "a catalog that does not pass is no catalog"
    return catalog


def _problems(catalog: Catalog) -> list[Any]:
    municipality = catalog.municipality
    known = KnownKeys(
        officers=frozenset(one.key for one in municipality.officers),
        groups=frozenset(one.key for one in municipality.groups),
        services=frozenset(catalog.services),
        channel_for_all=False,
    )
    found = list(check_municipality(municipality, known))
    for service in catalog.services.values():
        fields, statuses = (frozenset(one.key for one in each) for each in (service.fields, service.statuses))
        found += check_service(service, known.for_service(fields, statuses, frozenset()))
    return found
