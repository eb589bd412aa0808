"""Catalogs written to a folder, as a municipality would."""

from pathlib import Path
from textwrap import dedent

import pytest

from bot.catalog import Catalog, CatalogError, load

TOWN = """\
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


def write(folder: Path, *services: str, town: str = TOWN) -> Path:
    (folder / "services").mkdir(exist_ok=True)
    (folder / "municipality.yaml").write_text(town, encoding="utf-8")
    for number, service in enumerate(services or (SERVICE,)):
        (folder / "services" / f"{number}.yaml").write_text(dedent(service), encoding="utf-8")
    return folder


def loaded(folder: Path, *services: str, town: str = TOWN) -> Catalog:
    return load(write(folder, *services, town=town))


def told(folder: Path, *services: str, town: str = TOWN) -> list[str]:
    """What the loader has to say, one line a problem."""
    with pytest.raises(CatalogError) as caught:
        loaded(folder, *services, town=town)
    return [str(problem) for problem in caught.value.problems]


def service(more: str) -> str:
    """The ordinary e-service with lines added, or put in place of its own of the same key."""
    added = dedent(more).strip().splitlines()
    replaced = {line.split(":")[0] for line in added}
    kept = [line for line in SERVICE.splitlines() if line.split(":")[0] not in replaced]
    return "\n".join([*kept, *added]) + "\n"
