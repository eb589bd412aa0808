"""How linked cases are described to an officer: of one that they may not see nothing is told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.domain.case import Case, LinkKind
from bot.domain.links import LinkedCaseHidden, UnlinkCase, find_link, unlink_both
from bot.domain.status import current_status_name
from bot.domain.views import CaseView
from bot.text import Words


@dataclass(frozen=True, slots=True)
class DescribedLink:
    """A link of a case: `kind` in words, and the other case; None where the officer may not see it.

    `service` is the name of its e-service, and `status` that of its status.
    """

    other: str
    link_kind: LinkKind
    kind: str
    case: Case | None = None
    service: str = ""
    status: str = ""


def unlink_visible(view: CaseView, other: str) -> tuple[UnlinkCase, UnlinkCase]:
    """The commands that remove the link. Raises LinkedCaseHidden, which names nothing of the other case."""
    if find_link(view.case, other) is not None and other not in view.linked:
        raise LinkedCaseHidden
    return unlink_both(view.case.id, other)


def describe_links(view: CaseView, catalog: Catalog, words: Words) -> list[DescribedLink]:
    """The case's links, in the order in which they were made."""
    described = []
    for link in view.case.links:
        kind, case = words(f"link.{link.kind}"), view.linked.get(link.other)
        if case is None:
            described.append(DescribedLink(link.other, link.kind, kind))
            continue
        service = catalog.service(case.service)
        name = service.name.in_(words.language) if service is not None else ""
        status = current_status_name(service, case, words)
        described.append(DescribedLink(link.other, link.kind, kind, case, name, status))
    return described
