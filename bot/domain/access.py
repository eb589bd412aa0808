"""Who may work with a case: officers, its applicants, or the program itself. Commands begin with this check."""

from __future__ import annotations

from datetime import date

from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.actors import Applicant, Machine, Officer, officer_name
from bot.domain.case import Case
from bot.domain.rules import (
    Context,
    DeletedCase,
    DisposedAfterDeletion,
    DisposedOf,
    NoAccess,
    ProtectedCase,
    UnknownCase,
)


def require_officer(
    case: Case | None, ctx: Context, *, is_deleted_allowed: bool = False
) -> tuple[Case, Officer]:
    """The case and the officer, who may work with it. Raises UnknownCase, NoAccess, DisposedOf and DeletedCase."""
    if case is None:
        raise UnknownCase(number="")
    actor = ctx.actor
    if not isinstance(actor, Officer) or not may_work(actor, case):
        if case.protected:
            raise protected_case_refusal(case, ctx.service, ctx.catalog)
        raise NoAccess(service=ctx.service.name, contact=ctx.catalog.municipality.support)
    if case.disposed_at is not None:
        raise DisposedOf(number=case.number, at=case.disposed_at)
    if case.deleted_at is not None and not is_deleted_allowed:
        raise deleted_case_refusal(case, ctx.catalog)
    return case, actor


def may_work(officer: Officer, case: Case) -> bool:
    """Whether the officer may work with the case.

    Full access includes all of the e-service's cases, restricted access those assigned to the officer, to their group,
    or to an absent officer for whom they stand in.
    Protected cases are only for the officers whom the e-service names, whatever their access.
    """
    access = officer.access.get(case.service)
    return _grants_access(access, case, frozenset(officer.acting_keys), officer.groups)


def may_work_by_key(
    catalog: Catalog, key: str, case: Case, day: date, represented: frozenset[str] = frozenset()
) -> bool:
    """`may_work` for the officer with that key, with their access on that day, who stands in for those represented."""
    groups = frozenset(group.key for group in catalog.groups_of_officer(key))
    return _grants_access(catalog.access(key, case.service, day), case, represented | {key}, groups)


def _grants_access(
    access: Access | None, case: Case, officers: frozenset[str], groups: frozenset[str]
) -> bool:
    if access is None or (case.protected and not access.protected):
        return False
    return access.level == "full" or _is_assigned(case, officers, groups)


def is_assigned(case: Case, officer: Officer) -> bool:
    """Whether the case is the officer's, their group's, or that of an absent officer for whom they stand in."""
    return _is_assigned(case, frozenset(officer.acting_keys), officer.groups)


def _is_assigned(case: Case, officers: frozenset[str], groups: frozenset[str]) -> bool:
    return not officers.isdisjoint(case.officers) or not groups.isdisjoint(case.groups)


def protected_case_refusal(case: Case, service: EService, catalog: Catalog) -> ProtectedCase:
    """The refusal, with whom to ask: the officers whom the e-service names, or support where it names nobody."""
    names = [officer_name(f"officer:{key}", catalog) for key in service.protected_officers]
    return ProtectedCase(number=case.number, names=names or [catalog.municipality.support])


def deleted_case_refusal(case: Case, catalog: Catalog) -> DeletedCase:
    """The refusal, with who deleted the case, and until when it can be restored, or when it was disposed of."""
    if case.disposed_at is not None:
        return DisposedAfterDeletion(number=case.number, at=case.disposed_at)
    return DeletedCase(
        number=case.number,
        name=officer_name(case.deleted_by, catalog),
        time=case.deleted_at,
        until=case.deleted_until,
    )


def require_applicant(case: Case | None, ctx: Context) -> tuple[Case, str]:
    """The case and the applicant's id in it. Raises UnknownCase, also where their address is not confirmed in it."""
    is_gone = case is None or case.disposed_at is not None or case.deleted_at is not None
    if case is None or is_gone or not isinstance(ctx.actor, Applicant):
        raise UnknownCase(number="")
    own_ids = [one for one in case.applicants if one in ctx.actor.ids and one not in case.unconfirmed]
    if not own_ids or not ctx.service.applicant_follows:
        raise UnknownCase(number="")
    return case, own_ids[0]


def require_machine(case: Case | None, ctx: Context) -> Case:
    """The case, for commands that only the program itself performs.

    Raises UnknownCase for a person, and for a case that was disposed of.
    """
    if case is None or case.disposed_at is not None or not isinstance(ctx.actor, Machine):
        raise UnknownCase(number="")
    return case
