"""What is promised of the outbox, kept beside it: each act is done in the store, and what comes of it is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.case import Case
from bot.domain.notices import (
    GATHER,
    ApplicantTold,
    CardChanged,
    CardPosted,
    MessageWithdrawn,
    Notice,
    OfficerTold,
    ThreadLine,
)
from bot.store import Database, Tx
from bot.store.outbox import card_places, claims, deliveries
from bot.store.outbox.claims import LEASE, Delivery
from bot.store.outbox.queues import Room
from bot.store.tables import DeliveryRow
from tests.conftest import Clock


@dataclass(eq=False)
class Held:
    """A delivery as the worker that claimed it knows it: its lease, and how much its lane had to tell then."""

    delivery: Delivery
    until: datetime
    drawn: int
    said: bool = False


@dataclass
class Lane:
    """What is to be told in one lane, in order; so many of it, from the first, have been.

    `begun` is whether the next may be under way, and so is not taken back.
    """

    told: list[Any] = field(default_factory=list)
    finished: int = 0
    begun: bool = False
    last: int = 0
    under_way: Held | None = None


@dataclass(frozen=True)
class Act:
    """What someone does in one transaction, and what is to be true of its outcome. `by` is what a worker says it of."""

    work: Callable[[Tx], Any]
    settle: Callable[[Any], None]
    by: Held | None = None


@dataclass
class Promises:
    """The lanes as they should be. Makes acts of what people and workers do."""

    database: Database
    clock: Clock
    cases: list[Case]
    held: list[Held] = field(default_factory=list)
    """What workers, of whom there may be any number, go on with; also those that have slept past their lease,
    or are dead: nobody hears of them any more."""
    lanes: dict[str, Lane] = field(default_factory=dict)
    holds: dict[str, datetime] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    """Cases whose card is in Slack."""
    doubtful: set[int] = field(default_factory=set)
    """Deliveries that may have reached their goal."""
    parked: dict[int, tuple[Delivery, str]] = field(default_factory=dict)
    """With their troubles."""
    events: int = 0

    def lane(self, name: str) -> Lane:
        return self.lanes.setdefault(name, Lane())

    # --- what people do ---

    def tell(self, case: int, notice: Notice) -> Act:
        """Something happens in the case that is to be told."""
        self.events += 1
        seq, of, now = self.events, self.cases[case], self.clock()

        def settle(_: None) -> None:
            match notice:
                case CardPosted() | CardChanged():
                    self.lane(f"card/{of.id}").told.append(seq)
                case ThreadLine(announced=announced):
                    self.lane(f"thread/{of.id}").told.append((seq, announced))
                case OfficerTold(officer=officer, reason=reason):
                    self.lane(f"notice/{officer}/{of.id}").told.append(reason)
                case ApplicantTold(applicant=applicant, message=message):
                    self.lane(f"mail/{applicant}").told.append((seq, message))
                case MessageWithdrawn(message=message):
                    self._take_back(of, message)

        return Act(lambda tx: deliveries.enqueue(tx, of, [(seq, notice)], now), settle)

    def tell_more(self, n: int, loud: bool) -> Act | None:
        """More of the same happens while a worker has a delivery of it."""
        held = self._one_of(n)
        if held is None or not held.delivery.case_id:
            return None
        case = [one.id for one in self.cases].index(held.delivery.case_id)
        match held.delivery.kind:
            case "card":
                return self.tell(case, CardChanged())
            case "line":
                return self.tell(case, ThreadLine(loud))
            case "notice":
                return self.tell(case, OfficerTold("anna", "added" if loud else "message"))
            case _:
                return self.mail(case, "m1", loud)

    def mail(self, case: int, message: str, waits: bool) -> Act:
        """The applicant is to have a mail, now or when it can no longer be undone."""
        due = self.clock() + GATHER if waits else None
        return self.tell(case, ApplicantTold(self.cases[case].applicants[0], "message", message, due))

    def _take_back(self, case: Case, message: str) -> None:
        for applicant in case.applicants:
            lane = self.lane(f"mail/{applicant}")
            stays = lane.finished + lane.begun
            lane.told[stays:] = [one for one in lane.told[stays:] if one[1] != message]

    def tell_apart(self, kind: str) -> Act:
        """Something is to be told that has a lane of its own."""
        self.events += 1
        name, case, now = str(self.events), self.cases[0].id, self.clock()
        about = {"service": "bygglov", "trouble": name}
        ways: dict[str, tuple[str, Callable[[Tx], None]]] = {
            "code": (f"code/{name}", lambda tx: deliveries.enqueue_code(tx, name, now)),
            "officer": (
                f"officer/{name}/{case}",
                lambda tx: deliveries.enqueue_letter(tx, name, case, [name], now),
            ),
            "trouble": (
                f"trouble/anna/bygglov/{name}",
                lambda tx: deliveries.enqueue_trouble(tx, ["anna"], about, now),
            ),
        }
        lane, work = ways[kind]
        return Act(work, lambda _: self.lane(lane).told.append(name))

    def place(self, case: int, there: bool) -> Act:
        """The card is in Slack now, or is gone."""
        self.events += 1
        of, place, now = self.cases[case].id, ("C1", str(self.events)), self.clock()
        if there:
            return Act(lambda tx: card_places.placed(tx, of, place, now), lambda _: self.placed.add(of))
        return Act(lambda tx: card_places.lost(tx, of), lambda _: self.placed.discard(of))

    def unpark(self, which: str, case: int, destination: str, trouble: str) -> Act:
        """Someone has what is parked sent again: all, or what is of the case, the destination or the trouble."""
        now = self.clock()
        named = {"case_id": self.cases[case].id, "destination": destination, "trouble": trouble}
        wanted = {which: named[which]} if which in named else {}

        def settle(count: int) -> None:
            again = [
                id
                for id, (one, why) in self.parked.items()
                if wanted.items()
                <= {"case_id": one.case_id, "destination": one.destination, "trouble": why}.items()
            ]
            assert count == len(again)
            self.doubtful |= set(again)
            for id in again:
                del self.parked[id]

        return Act(lambda tx: deliveries.unpark(tx, now, **wanted), settle)  # type: ignore[arg-type]

    def hold(self, destination: str, seconds: float) -> Act:
        """The other side wants to be left alone."""
        until = self.clock() + timedelta(seconds=seconds)

        def settle(_: None) -> None:
            self.holds[destination] = max(until, self.holds.get(destination, until))

        return Act(lambda tx: claims.hold(tx, destination, until), settle)

    # --- what workers do ---

    def claim(self, room: Room) -> Act:
        """A worker takes the next."""
        now, holds, placed = self.clock(), dict(self.holds), set(self.placed)

        def settle(delivery: Delivery | None) -> None:
            if delivery is None:
                return
            lane = self.lane(delivery.lane)
            assert lane.under_way is None or lane.under_way.until <= now, "two have the lane"
            assert delivery.id >= lane.last, "what is younger had been begun"
            assert delivery.id not in self.parked, "it is parked"
            assert holds.get(delivery.destination, now) <= now, "the destination is held"
            assert delivery.uncertain == (delivery.id in self.doubtful), "a doubt was lost, or made up"
            self._has_room(delivery, room, placed)
            _is_next(delivery, lane)
            lane.begun, lane.last = True, delivery.id
            lane.under_way = Held(delivery, now + LEASE, len(lane.told))
            self.held.append(lane.under_way)

        return Act(lambda tx: claims.claim(tx, now, room), settle)

    def _has_room(self, delivery: Delivery, room: Room, placed: set[str]) -> None:
        """As it was when the worker looked, or as it is."""
        assert delivery.destination not in room.without
        redrawn = delivery.kind == "card" and delivery.case_id in placed & self.placed
        posted = delivery.kind != "card" or delivery.case_id not in placed | self.placed
        assert not (posted and delivery.destination in room.no_posts), "there is no room to post"
        assert not (redrawn and delivery.priority > room.redraws), "there is no room to redraw"

    def say(self, n: int) -> Act | None:
        """A worker says that the call is about to be made."""
        held, now = self._one_of(n), self.clock()
        if held is None:
            return None

        def settle(may: bool) -> None:
            assert may == self.has(held)
            if may:
                held.said, held.until = True, now + LEASE
                self.doubtful.add(held.delivery.id)

        return Act(lambda tx: claims.sending(tx, held.delivery, now), settle, held)

    def renew(self, n: int) -> Act | None:
        """A worker says that it is still on its way."""
        held, now = self._one_of(n), self.clock()
        if held is None:
            return None

        def settle(_: None) -> None:
            if self.has(held):
                held.until = now + LEASE

        return Act(lambda tx: claims.renew(tx, [held.delivery], now), settle, held)

    def finish(self, n: int) -> Act | None:
        """A worker has delivered it."""
        held = self._answered(n)
        if held is None:
            return None

        def settle(done: bool) -> None:
            assert done == self.has(held)
            if done:
                lane = self._let_go(held)
                lane.begun = False
                card = held.delivery.kind == "card"
                lane.finished = held.drawn if card else lane.finished + len(_said(held.delivery))

        return Act(lambda tx: claims.done(tx, held.delivery), settle, held)

    def retry(self, n: int, seconds: int, certain: bool) -> Act | None:
        """It is to be tried again; `certain` is that this try did not reach its goal."""
        held = self._answered(n)
        if held is None:
            return None
        delivery, due = held.delivery, self.clock() + timedelta(seconds=seconds)
        uncertain = not certain or (delivery.uncertain and not held.said)

        def settle(_: None) -> None:
            if not self.has(held):
                return
            self._let_go(held).begun = uncertain
            (self.doubtful.add if uncertain else self.doubtful.discard)(delivery.id)

        return Act(
            lambda tx: claims.retry(tx, delivery, due, uncertain=uncertain, trouble="slow"), settle, held
        )

    def park(self, n: int, trouble: str) -> Act | None:
        """It cannot succeed as things are."""
        held = self._answered(n)
        if held is None:
            return None

        def settle(parked: bool) -> None:
            assert parked == self.has(held)
            if parked:
                self._let_go(held)
                self.parked[held.delivery.id] = (held.delivery, trouble)

        return Act(lambda tx: claims.park(tx, held.delivery, trouble), settle, held)

    def _one_of(self, n: int) -> Held | None:
        return self.held[-1 - n % len(self.held)] if self.held else None

    def _answered(self, n: int) -> Held | None:
        """What a worker has answered for it says no more of."""
        return self.held.pop(-1 - n % len(self.held)) if self.held else None

    def has(self, held: Held) -> bool:
        """Whether it is still that worker's: nobody has claimed it since, nor has anyone answered for it."""
        return self.lane(held.delivery.lane).under_way is held

    def _let_go(self, held: Held) -> Lane:
        lane = self.lane(held.delivery.lane)
        lane.under_way = None
        return lane


def _is_next(delivery: Delivery, lane: Lane) -> None:
    """It tells what follows on what has been told, with nothing left out; a card is drawn as the case is."""
    if delivery.kind == "card":
        return
    said = _said(delivery)
    following = lane.told[lane.finished : lane.finished + len(said)]
    if delivery.kind == "line":
        assert delivery.ids["announced"] == any(announced for _, announced in following)
    pairs = delivery.kind in ("line", "mail")
    assert said == [one[0] if pairs else one for one in following], "not what is next to be told"
    assert said, "it tells nothing"


def _said(delivery: Delivery) -> list[Any]:
    """What a delivery tells, in order."""
    ids = delivery.ids
    match delivery.kind:
        case "line":
            return list(ids["seqs"])
        case "notice" | "officer":
            return list(ids["reasons"])
        case "mail":
            return [ids["seq"]]
        case "code":
            return [ids["sign_in"]]
        case _:
            return [ids["trouble"]]


def rows(tx: Tx) -> list[Any]:
    """All that is in the outbox."""
    return list(tx.conn.execute(select(DeliveryRow.__table__).order_by(DeliveryRow.id)))
