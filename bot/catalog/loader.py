"""A folder of YAML files made into a catalog, or into a list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as File

from bot.catalog.checks import Known, check_municipality, check_service
from bot.catalog.models import Catalog
from bot.catalog.municipality import Municipality
from bot.catalog.parsing import Parsed, parse
from bot.catalog.problems import CatalogError, Problem
from bot.catalog.reading import Page, read
from bot.catalog.services import EService
from bot.catalog.statuses import default_statuses

MUNICIPALITY_FILE = "municipality.yaml"
SERVICES_FOLDER = "services"


def load(folder: File) -> Catalog:
    """Reads `municipality.yaml` and `services/*.yaml`; CatalogError tells all that is wrong, at once."""
    problems: list[Problem] = []
    town = parse(Municipality, _municipality_page(folder))
    services = [parse(EService, page) for page in _service_pages(folder, problems)]
    problems += town.problems
    problems += [problem for parsed in services for problem in parsed.problems]
    problems += _cross_problems(town, services)
    problems += _shared_problems(services)
    if problems or town.model is None:
        raise CatalogError(problems)
    by_key = {parsed.model.key: parsed.model for parsed in services if parsed.model}
    return Catalog(municipality=town.model, services=by_key)


def _municipality_page(folder: File) -> Page:
    file = folder / MUNICIPALITY_FILE
    if file.is_file():
        return read(file, MUNICIPALITY_FILE)
    page = Page(MUNICIPALITY_FILE)
    page.problems.append(Problem(MUNICIPALITY_FILE, 0, "", f"is missing in {folder}"))
    return page


def _service_pages(folder: File, problems: list[Problem]) -> list[Page]:
    files = sorted((folder / SERVICES_FOLDER).glob("*.yaml"))
    for file in (folder / SERVICES_FOLDER).glob("*.yml"):
        problems.append(Problem(f"{SERVICES_FOLDER}/{file.name}", 0, "", "must end in .yaml to be read"))
    if not files:
        problems.append(Problem(SERVICES_FOLDER, 0, "", "holds no e-service (a file ending in .yaml)"))
    return [read(file, f"{SERVICES_FOLDER}/{file.name}") for file in files]


def _cross_problems(town: Parsed[Municipality], services: list[Parsed[EService]]) -> list[Problem]:
    known = Known(
        officers=town.keys("officers"),
        groups=town.keys("groups"),
        services=frozenset(str(parsed.page.data.get("key")) for parsed in services if parsed.page.data),
        channel_for_all=town.model is None or town.wrong or town.model.channel is not None,
    )
    problems = _platforms_called_as_a_source(town, services)
    if town.model:
        problems += [town.problem(path, text) for path, text in check_municipality(town.model, known)]
    for parsed in services:
        if parsed.model:
            mine = _known_in(parsed, known)
            problems += [parsed.problem(path, text) for path, text in check_service(parsed.model, mine)]
    return problems


def _platforms_called_as_a_source(
    town: Parsed[Municipality], services: Iterable[Parsed[EService]]
) -> list[Problem]:
    """A case is known in the system it comes from by that system's name and its number there."""
    sources = town.keys("sources") or frozenset()
    return [
        parsed.problem(
            ("open_eplatform", "platform"),
            f"the platform {theirs.platform} is called as a source in {MUNICIPALITY_FILE}; give one another name",
        )
        for parsed in services
        if parsed.model and (theirs := parsed.model.open_eplatform) and theirs.platform in sources
    ]


def _known_in(parsed: Parsed[EService], known: Known) -> Known:
    default = frozenset(status.key for status in default_statuses())
    return known.within(
        fields=parsed.keys("fields") or frozenset(),
        statuses=parsed.keys("statuses") or default,
        broken=parsed.broken,
    )


def _shared_problems(services: Iterable[Parsed[EService]]) -> list[Problem]:
    """What only one e-service may have: its key, and a family of a platform."""
    problems: list[Problem] = []
    keys: set[str] = set()
    families: set[tuple[str, int]] = set()
    for parsed in services:
        service = parsed.model
        if service is None:
            continue
        if service.key in keys:
            problems.append(parsed.problem(("key",), f"the e-service {service.key} is in another file too"))
        theirs = service.open_eplatform
        mine = {(theirs.platform, family) for family in theirs.families} if theirs else set()
        for platform, family in sorted(mine & families):
            text = f"the family {family} of {platform} belongs to another e-service too"
            problems.append(parsed.problem(("open_eplatform", "families"), text))
        keys.add(service.key)
        families |= mine
    return problems
