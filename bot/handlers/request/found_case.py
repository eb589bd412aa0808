"""The case a press is about, as far as the person may know of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.cases.case_words import on_page_only
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.case import Case
from bot.domain.rules import Command, NoAccess, Refused, UnknownCase, protected_from
from bot.domain.views import CaseView
from bot.handlers.request.press import Press
from bot.service import Done
from bot.store import Tx
from bot.store.cases import officer_queries, system_queries


class OnPageOnly(Refused):
    """Of a strict or protected case nothing that people write is shown or written in Slack."""

    key = "no.onpage"


@dataclass(frozen=True, slots=True)
class Found:
    """A case without anything personal, its e-service as it is now, and the catalog."""

    view: CaseView
    service: EService
    catalog: Catalog

    @property
    def case(self) -> Case:
        return self.view.case

    @property
    def on_page_only(self) -> bool:
        return on_page_only(self.case, self.service)

    def in_slack(self) -> Found:
        """The same, to be written about here; OnPageOnly, also for a dialog that was opened before it became so."""
        if self.on_page_only:
            raise OnPageOnly
        return self


async def find(press: Press, case_id: str) -> Found:
    """The case. NoAccess for one whose card they see but may not work with, UnknownCase for none."""
    press.case_id = case_id
    kit = press.kit
    view, shown = await kit.service.database.read(lambda tx: _look(tx, press, case_id))
    catalog = kit.service.catalog
    service = catalog.service(shown.service) if shown is not None else None
    if shown is None or service is None:
        raise UnknownCase(number=shown.number if shown is not None else "")
    if view is None and shown.protected:
        raise protected_from(shown, service, catalog)
    if view is None:
        strict = on_page_only(shown, service)
        named = press.words("the.case", number=shown.number) if strict else service.name
        raise NoAccess(service=named, contact=catalog.municipality.support)
    return Found(view, service, catalog)


def _look(tx: Tx, press: Press, case_id: str) -> tuple[CaseView | None, Case | None]:
    view = officer_queries.case_view(tx, press.officer, case_id, ())
    if view is not None:
        return view, view.case
    card = system_queries.card(tx, case_id)
    return None, card.case if card is not None else None


async def perform(press: Press, command: Command) -> Done:
    """Perform the command, for one who may still know of the case."""
    await find(press, command.case_id or "")
    return await press.perform(command)


async def officers_then(press: Press, case_id: str, seq: int) -> tuple[str, ...]:
    """The officers the case had when the person was shown it."""
    if seq < 1:
        return ()
    then = await press.kit.service.database.read(lambda tx: officer_queries.case_then(tx, case_id, seq))
    return then.officers
