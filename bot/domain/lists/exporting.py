"""Which cases an officer may export."""

from __future__ import annotations

from datetime import timedelta

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.lists.batches import OnlyCoordinatorsExport, ProtectedNotExported
from bot.domain.rules import Refused, ServiceGone

FILE_LIFETIME = timedelta(hours=24)
"""How long an exported file can be downloaded."""


def export_refusal(
    service_key: str, officer: Officer, catalog: Catalog, *, protected: bool
) -> Refused | None:
    """Why a case of the e-service that the officer may see is left out of their files; None where it is not.

    Protected cases are exported by nobody, and those of strict e-services by their coordinators only.
    """
    service = catalog.service(service_key)
    if service is None:
        return ServiceGone()
    if protected:
        return ProtectedNotExported()
    access = officer.access.get(service_key)
    if service.strict and (access is None or not access.coordinator):
        return OnlyCoordinatorsExport()
    return None


def exportable_services(officer: Officer, catalog: Catalog) -> list[str]:
    """The e-services whose unprotected cases the officer may export, as far as they may see them."""
    return [key for key in officer.access if export_refusal(key, officer, catalog, protected=False) is None]
