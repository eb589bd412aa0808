"""Catalogs written to a folder, as a municipality would."""

from pathlib import Path
from textwrap import dedent

import pytest

from bot.catalog import Catalog, CatalogError, load
from bot.text import words

MUNICIPALITY = """\
name: Storbyn
short_name: Storbyn
contact: {name: Kontaktcenter}
support: {name: IT}
officers:
  - {key: anna, name: Anna Berg, email: Anna.Berg@storbyn.example, unit: Bygg}
  - {key: bo, name: Bo Ek, email: bo.ek@storbyn.example, unit: Bygg}
groups:
  - {key: byggarna, name: Byggarna, members: [anna]}
"""

SERVICE = """\
key: bygglov
name: {sv: Bygglov, en: Building permit}
unit: Bygg
channel: "#bygglov"
privacy: standard
retention: keep
"""


def write_catalog(folder: Path, *services: str, municipality: str = MUNICIPALITY) -> Path:
    (folder / "services").mkdir(exist_ok=True)
    (folder / "municipality.yaml").write_text(municipality, encoding="utf-8")
    for number, service in enumerate(services or (SERVICE,)):
        (folder / "services" / f"{number}.yaml").write_text(dedent(service), encoding="utf-8")
    return folder


def load_catalog(folder: Path, *services: str, municipality: str = MUNICIPALITY) -> Catalog:
    return load(write_catalog(folder, *services, municipality=municipality))


def load_errors(folder: Path, *services: str, municipality: str = MUNICIPALITY) -> list[str]:
    """What the loader has to say in English, one line a problem."""
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder, *services, municipality=municipality)
    return [problem.in_words(words("en")) for problem in caught.value.problems]


def service_yaml(more: str) -> str:
    """The ordinary e-service with lines added, or put in place of its own of the same key."""
    added = dedent(more).strip().splitlines()
    replaced = {line.split(":")[0] for line in added}
    remaining = [line for line in SERVICE.splitlines() if line.split(":")[0] not in replaced]
    return "\n".join([*remaining, *added]) + "\n"
