"""The case that a request is about, if the person may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.blocks.cases.case_words import is_case_page_only
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.access import deleted_case_refusal, may_work, protected_case_refusal
from bot.domain.actors import Officer
from bot.domain.case import Case
from bot.domain.case_actions import ActionContext, CaseAction, action_refusal
from bot.domain.deletion import RestoreCase
from bot.domain.rules import Command, DeletedCase, NoAccess, Refused, UnknownCase
from bot.domain.views import CaseView
from bot.handlers.request.context import SlackContext
from bot.service import CommandResult
from bot.store import Tx
from bot.store.cases import officer_queries, system_queries
from bot.text.working_days import local_day


class CasePageOnly(Refused):
    """Texts of a strict or protected case are neither shown nor written in Slack."""

    key = "no.onpage"


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case without personal data, its current e-service, and the catalog."""

    view: CaseView
    service: EService
    catalog: Catalog
    officer: Officer
    today: date

    @property
    def case(self) -> Case:
        return self.view.case

    @property
    def is_case_page_only(self) -> bool:
        return is_case_page_only(self.case, self.service)

    def require_action(self, action: CaseAction) -> FoundCase:
        """Self. Raises Refused where the officer may not do that with the case now, before its dialog is opened."""
        refusal = action_refusal(action, ActionContext(self.case, self.catalog, self.today, self.officer))
        if refusal is not None:
            raise refusal
        return self

    def require_in_slack(self) -> FoundCase:
        """Self. Raises CasePageOnly where no texts may be written in Slack, also from a dialog opened before that."""
        if self.is_case_page_only:
            raise CasePageOnly
        return self


async def find_case(context: SlackContext, case_id: str) -> FoundCase:
    """The case.

    Raises NoAccess where the person sees its card but may not work with it, DeletedCase where they could if it were not
    deleted, else UnknownCase.
    """
    view, card_case, service = await _read(context, case_id)
    if view is None:
        raise _refusal(context, card_case, service)
    today = local_day(context.deps.service.clock())
    return FoundCase(view, service, context.deps.service.catalog, context.officer, today)


async def find_deleted_case(context: SlackContext, case_id: str) -> None:
    """Return for a case that the person may work with, deleted or not. Raises as `find_case` for others."""
    view, card_case, service = await _read(context, case_id)
    if view is None and not isinstance(refusal := _refusal(context, card_case, service), DeletedCase):
        raise refusal


async def _read(context: SlackContext, case_id: str) -> tuple[CaseView | None, Case, EService]:
    """The case as the person may see it, and as its card knows it. Raises UnknownCase where there is none."""
    context.case_id = case_id
    deps = context.deps
    view, card_case = await deps.service.database.read(lambda tx: _read_case(tx, context, case_id))
    service = context.service = (
        deps.service.catalog.service(card_case.service) if card_case is not None else None
    )
    if card_case is None or service is None:
        raise UnknownCase(number=card_case.number if card_case is not None else "")
    return view, card_case, service


def _refusal(context: SlackContext, case: Case, service: EService) -> Refused:
    """Why the person cannot open the case."""
    catalog = context.deps.service.catalog
    if case.deleted_at is not None and may_work(context.officer, case):
        return deleted_case_refusal(case, catalog)
    if case.protected:
        return protected_case_refusal(case, service, catalog)
    is_page_only = is_case_page_only(case, service)
    service_name = context.words("the.case", number=case.number) if is_page_only else service.name
    return NoAccess(service=service_name, contact=catalog.municipality.support)


def _read_case(tx: Tx, context: SlackContext, case_id: str) -> tuple[CaseView | None, Case | None]:
    view = officer_queries.load_case_view(tx, context.officer, case_id, ())
    if view is not None:
        return view, view.case
    card = system_queries.load_card(tx, case_id)
    return None, card.case if card is not None else None


async def perform_on_visible(context: SlackContext, command: Command) -> CommandResult:
    """Perform the command. Where the person may not see the case, it is refused as `find_case` refuses it.

    The rule itself asks who may; the case is looked for only after a refusal, so that no other press waits for that. A
    deleted one that is to be restored is seen by its card.
    """
    case_id = context.case_id = command.case_id or ""
    try:
        return await context.performer.perform(command)
    except (Refused, KeyError):  # or its e-service is no longer in the catalog
        await (find_deleted_case if isinstance(command, RestoreCase) else find_case)(context, case_id)
        raise


async def load_officers_at(context: SlackContext, case_id: str, seq: int) -> tuple[str, ...]:
    """The keys of the officers that the case had at version `seq`, which the person saw."""
    if seq < 1:
        return ()
    past_case = await context.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, case_id, seq)
    )
    return past_case.officers
