"""Statuses: the municipality's names, and the stable kinds behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Given
from pydantic import model_validator

from bot.catalog.base import Key, Model, Text

StatusKind = Literal[
    "submitted",
    "waiting_for_completion",
    "in_progress",
    "closed",
    "new",
    "waiting_for_signature",
    "waiting_for_payment",
]
# The least access that may set a status; `applicant`: an action of the applicant's sets it, never an officer.
SetBy = Literal["restricted", "full", "coordinator", "applicant"]
Requirement = Literal["message", "note"]

REQUIRED_KINDS = ("submitted", "in_progress", "closed")
# Cases from other systems may have these; an officer can never set them.
UNSETTABLE_KINDS = frozenset({"new", "waiting_for_signature", "waiting_for_payment"})
EDITABLE_KINDS = frozenset({"submitted", "in_progress"})
DAYS_TO_WRITE_AFTER_CLOSING = 30


class Status(Model):
    """A status of the municipality's own."""

    key: Key
    """What is stored. Never change it once there are cases."""
    name: Text
    """What people read."""
    kind: StatusKind
    """What the program takes it for, whatever it is called."""
    told: Text | None = None
    """The sentence that the applicant is told; without it they are not notified."""
    may_edit: bool = False
    """Whether officers may edit the answers in it. Default: in submitted and in_progress."""
    may_delete: bool = False
    """Whether coordinators may delete a case in it."""
    for_duplicates: bool = False
    """Whether it is the status of duplicates: what *Dubblett av* proposes when cases are linked. A closed one, which
    requires no message and is true for every duplicate; at most one of an e-service.
    """
    accepted_from: tuple[Key, ...] | None = None
    """Keys of the statuses that it may follow; any, where it is left out."""
    set_by: SetBy = "restricted"
    """The least access that may set it; `applicant`: an action of the applicant's sets it, never an officer."""
    requires: Requirement | None = None
    """What must be written with it: a message to the applicant, or a note."""
    working_days: int | None = Given(default=None, ge=1, le=1000)
    """Working days allowed in it; those of the whole case are the e-service's."""
    applicant_may_write: bool = True
    """Whether the applicant may write in it."""
    applicant_may_write_days: int | None = Given(default=None, ge=1, le=3650)
    """Days from when it was set that they may; unlimited where it is left out, 30 in closed."""

    @model_validator(mode="before")
    @classmethod
    def _apply_kind_defaults(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        kind = value.get("kind")
        # A kind that is a list or a number by mistake is reported by the field's own validation.
        by_kind: dict[str, object] = {"may_edit": isinstance(kind, str) and kind in EDITABLE_KINDS}
        if kind == "closed" and value.get("applicant_may_write", True):
            by_kind["applicant_may_write_days"] = DAYS_TO_WRITE_AFTER_CLOSING
        return by_kind | value


DEFAULT_STATUSES = (
    Status(
        key="submitted",
        name=Text(sv="Inskickat", en="Submitted"),
        kind="submitted",
        told=Text(sv="Vi har tagit emot ditt ärende.", en="We have received your case."),
    ),
    Status(
        key="completed",
        name=Text(sv="Kompletterat", en="Information added"),
        kind="submitted",
        told=Text(sv="Vi har tagit emot det du lade till.", en="We have received the information you added."),
        set_by="applicant",
    ),
    Status(
        key="in_progress",
        name=Text(sv="Under behandling", en="In progress"),
        kind="in_progress",
        told=Text(sv="En handläggare arbetar med ditt ärende.", en="An officer is working on your case."),
    ),
    Status(
        key="waiting",
        name=Text(sv="Väntar på komplettering", en="Waiting for information"),
        kind="waiting_for_completion",
        told=Text(
            sv="Vi behöver mer information från dig innan vi kan gå vidare.",
            en="We need more information from you before we can go on.",
        ),
    ),
    Status(
        key="closed",
        name=Text(sv="Avslutat", en="Closed"),
        kind="closed",
        told=Text(sv="Vi har avslutat ditt ärende.", en="We have closed your case."),
        for_duplicates=True,
    ),
)
"""The five statuses of an e-service that defines none."""
