"""Loading of a catalog from its folder of YAML files, with a list of all problems where it is invalid."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path as File

from bot.catalog.faults import fault
from bot.catalog.files.cross_checks import KnownKeys, check_municipality, check_service
from bot.catalog.files.parsing import Parsed, parse_model
from bot.catalog.files.problems import CatalogError, Problem
from bot.catalog.files.yaml_file import MAX_BYTES, YamlFile, read_yaml
from bot.catalog.models import Catalog
from bot.catalog.municipality import Municipality
from bot.catalog.services import EService
from bot.catalog.statuses import DEFAULT_STATUSES
from bot.text.words import LANGUAGES

_IS_NO_SERVICE = re.compile(r"^\.|(~|\.bak|\.orig|\.sw[a-p]|\.tmp|\.md)$", re.IGNORECASE)
"""Names of editors' backups, of files set aside, and of texts for people."""
_PRIVACY = re.compile(rb"^privacy:", re.MULTILINE)

MUNICIPALITY_FILE = "municipality.yaml"
SERVICES_FOLDER = "services"


def load(folder: File) -> Catalog:
    """Read `municipality.yaml` and `services/*.yaml`. Raises CatalogError with all problems."""
    problems: list[Problem] = []
    municipality = parse_model(Municipality, _read_municipality(folder))
    services = [parse_model(EService, page) for page in _read_services(folder, problems)]
    problems += municipality.problems
    problems += [problem for parsed in services for problem in parsed.problems]
    problems += _cross_problems(municipality, services)
    problems += _uniqueness_problems(services)
    if problems or municipality.model is None:
        raise CatalogError(problems, _language_of(municipality.file))
    by_key = {parsed.model.key: parsed.model for parsed in services if parsed.model}
    return Catalog(municipality=municipality.model, services=by_key)


def _language_of(file: YamlFile) -> str:
    """The municipality's language, also where its file is wrong in other parts."""
    written = file.data.get("language") if file.data else None
    default: str = Municipality.model_fields["language"].default
    return written if written in LANGUAGES else default


def _read_municipality(folder: File) -> YamlFile:
    path = folder / MUNICIPALITY_FILE
    if path.is_file():
        return read_yaml(path, MUNICIPALITY_FILE)
    file = YamlFile(MUNICIPALITY_FILE)
    file.problems.append(Problem(MUNICIPALITY_FILE, 0, "", fault("fault.file.none", folder=str(folder))))
    return file


def _read_services(folder: File, problems: list[Problem]) -> list[YamlFile]:
    found = (folder / SERVICES_FOLDER).glob("*.yaml")
    paths = sorted(path for path in found if not _IS_NO_SERVICE.search(path.name))
    problems += _unread_files(folder, frozenset(paths))
    if not paths:
        problems.append(Problem(SERVICES_FOLDER, 0, "", fault("fault.file.no_service")))
    return [read_yaml(path, f"{SERVICES_FOLDER}/{path.name}") for path in paths]


def _unread_files(folder: File, read: frozenset[File]) -> Iterator[Problem]:
    """Problems for files that look like parts of the catalog but are not read, because of their place or ending."""
    services = folder / SERVICES_FOLDER
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (File(parent, name) for name in sorted(names)):
            place = path.relative_to(folder).as_posix()
            if path in read or place == MUNICIPALITY_FILE or _IS_NO_SERVICE.search(path.name):
                continue
            if path.parent == services:
                yield Problem(place, 0, "", fault("fault.file.ending"))
            elif services in path.parents:
                yield Problem(place, 0, "", fault("fault.file.deeper", folder=SERVICES_FOLDER))
            elif _holds_service(path):
                yield Problem(place, 0, "", fault("fault.file.elsewhere", folder=SERVICES_FOLDER))


def _holds_service(path: File) -> bool:
    """Whether a YAML file has the key that every e-service has and hardly any other file."""
    if not re.search(r"\.ya?ml", path.name, re.IGNORECASE):
        return False
    try:
        with path.open("rb") as opened:
            return _PRIVACY.search(opened.read(MAX_BYTES)) is not None
    except OSError:
        return False


def _cross_problems(municipality: Parsed[Municipality], services: list[Parsed[EService]]) -> list[Problem]:
    known = KnownKeys(
        officers=municipality.keys("officers"),
        groups=municipality.keys("groups"),
        services=frozenset(str(parsed.file.data.get("key")) for parsed in services if parsed.file.data),
        channel_for_all=municipality.model is None
        or municipality.is_invalid
        or municipality.model.channel is not None,
    )
    problems = _platforms_called_as_a_source(municipality, services)
    if municipality.model:
        problems += [
            municipality.problem_at(path, found)
            for path, found in check_municipality(municipality.model, known)
        ]
    for parsed in services:
        if parsed.model:
            service_keys = _known_keys_for(parsed, known)
            problems += [
                parsed.problem_at(path, found) for path, found in check_service(parsed.model, service_keys)
            ]
    return problems


def _platforms_called_as_a_source(
    municipality: Parsed[Municipality], services: Iterable[Parsed[EService]]
) -> list[Problem]:
    """Problems for platforms with the key of a source: system name and number there must identify a case."""
    sources = municipality.keys("sources") or frozenset()
    return [
        parsed.problem_at(
            ("open_eplatform", "platform"),
            fault("fault.platform_source", platform=theirs.platform, file=MUNICIPALITY_FILE),
        )
        for parsed in services
        if parsed.model and (theirs := parsed.model.open_eplatform) and theirs.platform in sources
    ]


def _known_keys_for(parsed: Parsed[EService], known: KnownKeys) -> KnownKeys:
    default = frozenset(status.key for status in DEFAULT_STATUSES)
    return known.for_service(
        fields=parsed.keys("fields"),
        statuses=default if (written := parsed.keys("statuses")) == frozenset() else written,
        broken=parsed.broken,
    )


def _uniqueness_problems(services: Iterable[Parsed[EService]]) -> list[Problem]:
    """Problems for keys, and families of a platform, that several e-services have."""
    problems: list[Problem] = []
    files: dict[str, str] = {}
    families: set[tuple[str, int]] = set()
    for parsed in services:
        service = parsed.model
        if service is None:
            continue
        if (other := files.get(service.key)) is not None:
            twice = fault("fault.service_twice", key=service.key, file=other)
            problems.append(parsed.problem_at(("key",), twice))
        theirs = service.open_eplatform
        own_families = {(theirs.platform, family) for family in theirs.families} if theirs else set()
        for platform, family in sorted(own_families & families):
            clash = fault("fault.family_twice", family=family, platform=platform)
            problems.append(parsed.problem_at(("open_eplatform", "families"), clash))
        files.setdefault(service.key, parsed.file.name)
        families |= own_families
    return problems
