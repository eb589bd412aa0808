"""What is promised of the outbox, kept beside it: each act is done in the store, and what comes of it is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.case import Case
from bot.domain.notices import (
    COALESCE_WINDOW,
    ApplicantNotice,
    CardPost,
    CardUpdate,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    ThreadLine,
)
from bot.store import Database, Tx
from bot.store.outbox import card_places, claims, codes_and_scans, deliveries, officer_notices, parking
from bot.store.outbox.claims import LEASE, Delivery
from bot.store.outbox.queues import Capacity
from bot.store.tables import DeliveryRow
from tests.conftest import Clock


@dataclass(eq=False)
class ClaimedDelivery:
    """A delivery as the worker that claimed it knows it: its lease, and how much its lane had to tell then."""

    delivery: Delivery
    leased_until: datetime
    told_when_claimed: int
    is_sending: bool = False


@dataclass
class LaneModel:
    """What is to be told in one lane, in order; so many of it, from the first, have been.

    `is_begun` is whether the next may be under way, and so is not taken back.
    """

    notices: list[Any] = field(default_factory=list)
    delivered_count: int = 0
    is_begun: bool = False
    last_id: int = 0
    claimed: ClaimedDelivery | None = None


@dataclass(frozen=True)
class Operation:
    """What someone does in one transaction, and what is to be true of its outcome. A worker says it of `claimed`."""

    work: Callable[[Tx], Any]
    check: Callable[[Any], None]
    claimed: ClaimedDelivery | None = None


@dataclass
class OutboxModel:
    """The lanes as they should be. Makes operations of what people and workers do."""

    database: Database
    clock: Clock
    cases: list[Case]
    claimed: list[ClaimedDelivery] = field(default_factory=list)
    """What workers, of whom there may be any number, go on with; also those that have slept past their lease,
    or are dead: nobody hears of them any more."""
    lanes: dict[str, LaneModel] = field(default_factory=dict)
    holds: dict[str, datetime] = field(default_factory=dict)
    posted_cases: set[str] = field(default_factory=set)
    """Cases whose card is in Slack."""
    uncertain: set[int] = field(default_factory=set)
    """Deliveries that may have reached their goal."""
    parked: dict[int, tuple[Delivery, str]] = field(default_factory=dict)
    """With their troubles."""
    events: int = 0

    def lane(self, name: str) -> LaneModel:
        return self.lanes.setdefault(name, LaneModel())

    # --- what people do ---

    def tell(self, case: int, notice: Notice) -> Operation:
        """Something happens in the case that is to be told."""
        self.events += 1
        seq, told_case, now = self.events, self.cases[case], self.clock()

        def check(_: None) -> None:
            match notice:
                case CardPost() | CardUpdate():
                    self.lane(f"card/{told_case.id}").notices.append(seq)
                case ThreadLine(in_channel=announced):
                    self.lane(f"thread/{told_case.id}").notices.append((seq, announced))
                case OfficerNotice(officer=officer, reason=reason):
                    self.lane(f"notice/{officer}/{told_case.id}").notices.append(reason)
                case ApplicantNotice(applicant=applicant, mail_kind="status"):
                    self.lane(f"status_mail/{applicant}").notices.append(seq)
                case ApplicantNotice(applicant=applicant, message_id=message):
                    self.lane(f"mail/{applicant}").notices.append((seq, message))
                case MessageWithdrawal(message_id=message):
                    self._withdraw(told_case, message)

        return Operation(lambda tx: deliveries.enqueue(tx, told_case, [(seq, notice)], now), check)

    def tell_more(self, n: int, announced: bool) -> Operation | None:
        """More of the same happens while a worker has a delivery of it."""
        claimed = self._pick_claimed(n)
        if claimed is None or not claimed.delivery.case_id:
            return None
        case = [one.id for one in self.cases].index(claimed.delivery.case_id)
        match claimed.delivery.kind:
            case "card":
                return self.tell(case, CardUpdate())
            case "line":
                return self.tell(case, ThreadLine(announced))
            case "notice":
                return self.tell(case, OfficerNotice("anna", "added" if announced else "message"))
            case _:
                return self.mail(case, "m1", announced)

    def mail(self, case: int, message: str, is_delayed: bool) -> Operation:
        """The applicant is to have a mail, now or when it can no longer be undone."""
        due = self.clock() + COALESCE_WINDOW if is_delayed else None
        return self.tell(case, ApplicantNotice(self.cases[case].applicants[0], "message", message, due))

    def status_mail(self, case: int) -> Operation:
        """The applicant is to have a mail about the status."""
        return self.tell(case, ApplicantNotice(self.cases[case].applicants[0], "status"))

    def _withdraw(self, case: Case, message: str) -> None:
        for applicant in case.applicants:
            lane = self.lane(f"mail/{applicant}")
            kept = lane.delivered_count + lane.is_begun
            lane.notices[kept:] = [one for one in lane.notices[kept:] if one[1] != message]

    def tell_apart(self, kind: str) -> Operation:
        """Something is to be told that has a lane of its own."""
        self.events += 1
        name, case, now = str(self.events), self.cases[0].id, self.clock()
        about = {"service": "bygglov", "trouble": name}
        ways: dict[str, tuple[str, Callable[[Tx], None]]] = {
            "code": (f"code/{name}", lambda tx: codes_and_scans.enqueue_code_mail(tx, name, now)),
            "officer": (
                f"officer/{name}/{case}",
                lambda tx: officer_notices.enqueue_officer_mail(
                    tx, case, {"officer": name, "reasons": [name]}, now
                ),
            ),
            "trouble": (
                f"trouble/anna/bygglov/{name}",
                lambda tx: officer_notices.enqueue_trouble_notice(tx, {"anna": []}, about, now),
            ),
        }
        lane, work = ways[kind]
        return Operation(work, lambda _: self.lane(lane).notices.append(name))

    def place(self, case: int, is_posted: bool) -> Operation:
        """The card is in Slack now, or is gone."""
        self.events += 1
        case_id, place, now = self.cases[case].id, ("C1", str(self.events)), self.clock()
        if is_posted:
            return Operation(
                lambda tx: card_places.save(tx, case_id, place, now), lambda _: self.posted_cases.add(case_id)
            )
        return Operation(
            lambda tx: card_places.remove(tx, case_id), lambda _: self.posted_cases.discard(case_id)
        )

    def unpark(self, which: str, case: int, destination: str, trouble: str) -> Operation:
        """Someone has what is parked sent again: all, or what is of the case, the destination or the trouble."""
        now = self.clock()
        named = {"case_id": self.cases[case].id, "destination": destination, "trouble": trouble}
        wanted = {which: named[which]} if which in named else {}

        def check(count: int) -> None:
            unparked = [
                delivery_id
                for delivery_id, (delivery, parked_trouble) in self.parked.items()
                if wanted.items()
                <= {
                    "case_id": delivery.case_id,
                    "destination": delivery.destination,
                    "trouble": parked_trouble,
                }.items()
            ]
            assert count == len(unparked)
            self.uncertain |= set(unparked)
            for delivery_id in unparked:
                del self.parked[delivery_id]

        return Operation(lambda tx: parking.unpark(tx, now, **wanted), check)  # type: ignore[arg-type]

    def hold(self, destination: str, seconds: float) -> Operation:
        """The other side wants to be left alone."""
        until = self.clock() + timedelta(seconds=seconds)

        def check(_: None) -> None:
            self.holds[destination] = max(until, self.holds.get(destination, until))

        return Operation(lambda tx: claims.hold_destination(tx, destination, until), check)

    # --- what workers do ---

    def claim(self, capacity: Capacity) -> Operation:
        """A worker takes the next."""
        now, holds, placed = self.clock(), dict(self.holds), set(self.posted_cases)

        def check(delivery: Delivery | None) -> None:
            if delivery is None:
                return
            lane = self.lane(delivery.lane)
            assert lane.claimed is None or lane.claimed.leased_until <= now, "two have the lane"
            assert delivery.id >= lane.last_id, "what is younger had been begun"
            assert delivery.id not in self.parked, "it is parked"
            assert holds.get(delivery.destination, now) <= now, "the destination is held"
            assert delivery.uncertain == (delivery.id in self.uncertain), "a doubt was lost, or made up"
            self._assert_has_capacity(delivery, capacity, placed)
            _assert_is_next(delivery, lane)
            lane.is_begun, lane.last_id = True, delivery.id
            lane.claimed = ClaimedDelivery(delivery, now + LEASE, len(lane.notices))
            self.claimed.append(lane.claimed)

        return Operation(lambda tx: claims.claim(tx, now, capacity), check)

    def _assert_has_capacity(self, delivery: Delivery, capacity: Capacity, placed: set[str]) -> None:
        """As it was when the worker looked, or as it is."""
        assert delivery.destination not in capacity.blocked_destinations
        redrawn = delivery.kind == "card" and delivery.case_id in placed & self.posted_cases
        posted = delivery.kind != "card" or delivery.case_id not in placed | self.posted_cases
        assert not (posted and delivery.destination in capacity.unpostable_destinations), (
            "there is no room to post"
        )
        assert not (redrawn and delivery.priority > capacity.max_redraw_priority), (
            "there is no room to redraw"
        )

    def say(self, n: int) -> Operation | None:
        """A worker says that the call is about to be made."""
        claimed, now = self._pick_claimed(n), self.clock()
        if claimed is None:
            return None

        def check(is_leased: bool) -> None:
            assert is_leased == self.is_leased(claimed)
            if is_leased:
                claimed.is_sending, claimed.leased_until = True, now + LEASE
                self.uncertain.add(claimed.delivery.id)

        return Operation(lambda tx: claims.mark_sending(tx, claimed.delivery, now), check, claimed)

    def renew(self, n: int) -> Operation | None:
        """A worker says that it is still on its way."""
        claimed, now = self._pick_claimed(n), self.clock()
        if claimed is None:
            return None

        def check(_: None) -> None:
            if self.is_leased(claimed):
                claimed.leased_until = now + LEASE

        return Operation(lambda tx: claims.renew_leases(tx, [claimed.delivery], now), check, claimed)

    def finish(self, n: int) -> Operation | None:
        """A worker has delivered it."""
        claimed = self._take_claimed(n)
        if claimed is None:
            return None

        def check(is_completed: bool) -> None:
            assert is_completed == self.is_leased(claimed)
            if is_completed:
                lane = self._release(claimed)
                lane.is_begun = False
                card = claimed.delivery.kind == "card"
                lane.delivered_count = (
                    claimed.told_when_claimed
                    if card
                    else lane.delivered_count + len(_contents_of(claimed.delivery))
                )

        return Operation(lambda tx: claims.complete(tx, claimed.delivery), check, claimed)

    def retry(self, n: int, seconds: int, certain: bool) -> Operation | None:
        """It is to be tried again; `certain` is that this try did not reach its goal."""
        claimed = self._take_claimed(n)
        if claimed is None:
            return None
        delivery, due = claimed.delivery, self.clock() + timedelta(seconds=seconds)
        uncertain = not certain or (delivery.uncertain and not claimed.is_sending)

        def check(_: None) -> None:
            if not self.is_leased(claimed):
                return
            self._release(claimed).is_begun = uncertain
            (self.uncertain.add if uncertain else self.uncertain.discard)(delivery.id)

        return Operation(
            lambda tx: claims.retry(tx, delivery, due, uncertain=uncertain, trouble="slow"), check, claimed
        )

    def park(self, n: int, trouble: str) -> Operation | None:
        """It cannot succeed as things are."""
        claimed = self._take_claimed(n)
        if claimed is None:
            return None

        def check(is_parked: bool) -> None:
            assert is_parked == self.is_leased(claimed)
            if is_parked:
                self._release(claimed)
                self.parked[claimed.delivery.id] = (claimed.delivery, trouble)

        return Operation(lambda tx: claims.park(tx, claimed.delivery, trouble), check, claimed)

    def _pick_claimed(self, n: int) -> ClaimedDelivery | None:
        return self.claimed[-1 - n % len(self.claimed)] if self.claimed else None

    def _take_claimed(self, n: int) -> ClaimedDelivery | None:
        """What a worker has answered for it says no more of."""
        return self.claimed.pop(-1 - n % len(self.claimed)) if self.claimed else None

    def is_leased(self, claimed: ClaimedDelivery) -> bool:
        """Whether it is still that worker's: nobody has claimed it since, nor has anyone answered for it."""
        return self.lane(claimed.delivery.lane).claimed is claimed

    def _release(self, claimed: ClaimedDelivery) -> LaneModel:
        lane = self.lane(claimed.delivery.lane)
        lane.claimed = None
        return lane


def _assert_is_next(delivery: Delivery, lane: LaneModel) -> None:
    """It tells what follows on what has been told, with nothing left out; a card is drawn as the case is."""
    if delivery.kind == "card":
        return
    contents = _contents_of(delivery)
    following = lane.notices[lane.delivered_count : lane.delivered_count + len(contents)]
    if delivery.kind == "line":
        assert delivery.ids["announced"] == any(announced for _, announced in following)
    pairs = delivery.kind in ("line", "mail")
    assert contents == [one[0] if pairs else one for one in following], "not what is next to be told"
    assert contents, "it tells nothing"


def _contents_of(delivery: Delivery) -> list[Any]:
    """What a delivery tells, in order."""
    ids = delivery.ids
    match delivery.kind:
        case "line" | "status_mail":
            return list(ids["seqs"])
        case "notice" | "officer":
            return list(ids["reasons"])
        case "mail":
            return [ids["seq"]]
        case "code":
            return [ids["sign_in"]]
        case _:
            return [ids["trouble"]]


def list_deliveries(tx: Tx) -> list[Any]:
    """All that is in the outbox."""
    return list(tx.conn.execute(select(DeliveryRow.__table__).order_by(DeliveryRow.id)))
