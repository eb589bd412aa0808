"""Cases change one way, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.assignment import AlreadyTaken, AlreadyYours, NotYours, ReleaseCase, TakeCase
from bot.domain.messages.correspondence import AddInformation, ReceiveMessage, SendMessage
from bot.domain.messages.undoing import TooLateToUndo, UndoMessage
from bot.domain.notes import AddNote
from bot.domain.rules import ApplicantDoesNotFollow, ChangedMeanwhile, NoAccess, Refused, UnknownCase
from bot.domain.status import (
    MessageRequired,
    NoteRequired,
    ReopeningReasonRequired,
    SetStatus,
    StatusNotAllowed,
)
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import applicant_queries, officer_queries, system_queries
from bot.store.log import history
from bot.store.outbox import delivery_counts
from bot.text import words
from tests.case_lists import count_cases
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, person, send_until_left, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog(officers=50)
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_submitted_case_gets_the_years_next_number(municipality: MunicipalityDriver) -> None:
    first, second = await municipality.submit(), await municipality.submit()
    assert (first.number, second.number) == ("2026-000001", "2026-000002")


async def test_a_form_sent_twice_opens_one_case(municipality: MunicipalityDriver) -> None:
    first = await municipality.submit(idempotency_key="form:1")
    again = await municipality.submit(idempotency_key="form:1")
    assert again.is_repeated and again.number == first.number
    assert (
        await municipality.service.database.read(
            lambda tx: count_cases(tx, municipality.officer("anna"), "all")
        )
        == 1
    )


async def test_a_case_from_elsewhere_is_opened_once_by_its_name_there(
    municipality: MunicipalityDriver,
) -> None:
    first = await municipality.submit(external="platform:77")
    again = await municipality.submit(external="platform:77")
    assert again.case_id == first.case_id


async def test_what_is_stored_beside_an_act_stands_or_falls_with_it(municipality: MunicipalityDriver) -> None:
    case, service = await municipality.submit(), municipality.service
    take, anna = TakeCase(case_id=case.case_id), municipality.officer("anna")

    def fails(tx: Tx) -> None:
        raise ValueError("mitt i")

    with pytest.raises(ValueError, match="mitt i"):
        await service.perform(take, anna, in_transaction=fails)
    assert (await municipality.view_case("anna", case)).case.officers == ()
    transactions: list[Tx] = []
    await service.perform(take, anna, in_transaction=transactions.append)
    with pytest.raises(AlreadyYours):
        await service.perform(take, anna, in_transaction=transactions.append)
    assert len(transactions) == 1


async def test_the_slower_of_two_is_told_who_was_first(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyTaken) as refused:
        await municipality.perform("bo", TakeCase(case_id=case.case_id))
    assert refused.value.in_words(words("sv")).startswith("Anna Berg hann före")


async def test_of_fifty_officers_one_has_the_case_and_49_are_told_who(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    takers = [
        one.key
        for one in municipality.catalog.municipality.officers
        if municipality.officer(one.key).may_see_all("bygglov")
    ]
    outcomes = await asyncio.gather(
        *(municipality.perform(key, TakeCase(case_id=case.case_id)) for key in takers), return_exceptions=True
    )
    winner = (await municipality.view_case("anna", case)).case.officers
    told = [one.in_words(words("sv")) for one in outcomes if isinstance(one, AlreadyTaken)]
    assert len(takers) == 50 and len(winner) == 1 and len(told) == 49
    name = next(o.name for o in municipality.catalog.municipality.officers if o.key == winner[0])
    assert all(name in sentence for sentence in told)


async def test_a_press_that_comes_twice_hears_the_first_answer(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id), idempotency_key="press:1")
    again = await municipality.perform("anna", TakeCase(case_id=case.case_id), idempotency_key="press:1")
    assert again.is_repeated and again.events == ("CaseTaken",)


async def test_a_refused_press_that_comes_twice_is_refused_in_the_same_words(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyTaken) as first:
        await municipality.perform("bo", TakeCase(case_id=case.case_id), idempotency_key="press:2")
    await municipality.perform("anna", ReleaseCase(case_id=case.case_id))
    with pytest.raises(Refused) as again:
        await municipality.perform("bo", TakeCase(case_id=case.case_id), idempotency_key="press:2")
    assert again.value.in_words(words("en")) == first.value.in_words(words("en"))


async def test_taking_what_one_has_or_giving_back_what_one_has_not_is_refused(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    with pytest.raises(NotYours):
        await municipality.perform("anna", ReleaseCase(case_id=case.case_id))
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyYours):
        await municipality.perform("anna", TakeCase(case_id=case.case_id))


async def test_taking_over_replaces_those_the_person_saw_and_only_those(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await municipality.perform("bo", TakeCase(case_id=case.case_id, mode="together", expected=("anna",)))
    with pytest.raises(AlreadyTaken):
        await municipality.perform("carl", TakeCase(case_id=case.case_id, mode="over", expected=("anna",)))
    await municipality.perform("carl", TakeCase(case_id=case.case_id, mode="over", expected=("anna", "bo")))
    assert (await municipality.view_case("anna", case)).case.officers == ("carl",)


async def test_the_second_of_two_status_dialogs_is_told_and_asked_again(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform(
        "anna", SetStatus(case_id=case.case_id, status="working", expected="submitted")
    )
    with pytest.raises(ChangedMeanwhile) as refused:
        await municipality.perform(
            "bo", SetStatus(case_id=case.case_id, status="working", expected="submitted")
        )
    assert "Under behandling" in refused.value.in_words(words("sv"))
    assert "Anna Berg" in refused.value.in_words(words("sv"))


async def test_a_dialog_made_stale_by_ones_own_hand_says_so(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    change = SetStatus(case_id=case.case_id, status="working", expected="submitted")
    await municipality.perform("anna", change)
    with pytest.raises(ChangedMeanwhile) as refused:
        await municipality.perform("anna", change)
    assert refused.value.in_words(words("sv")).startswith("Du ändrade ärendet")
    assert refused.value.in_words(words("en")).startswith("You changed the case")


async def test_a_status_that_asks_for_words_is_not_set_without_them(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    with pytest.raises(MessageRequired):
        await municipality.perform(
            "anna", SetStatus(case_id=case.case_id, status="waiting", expected="submitted")
        )
    with pytest.raises(NoteRequired):
        await municipality.perform(
            "anna", SetStatus(case_id=case.case_id, status="closed", expected="submitted")
        )
    await municipality.perform(
        "anna", SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart.")
    )
    with pytest.raises(StatusNotAllowed):
        await municipality.perform(
            "anna", SetStatus(case_id=case.case_id, status="waiting", expected="closed")
        )
    with pytest.raises(ReopeningReasonRequired):
        await municipality.perform(
            "anna", SetStatus(case_id=case.case_id, status="working", expected="closed")
        )
    await municipality.perform(
        "anna", SetStatus(case_id=case.case_id, status="working", expected="closed", reason="Nya uppgifter")
    )
    assert (await municipality.view_case("anna", case)).case.closed_at is None


async def test_a_message_undone_in_time_was_never_there_and_takes_its_status_back(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case = await municipality.submit()
    sent = await municipality.perform(
        "anna",
        SendMessage(case_id=case.case_id, text="Skicka ritningen", status="waiting", expected="submitted"),
    )
    applicant = await municipality.applicant(case)
    clock.advance(seconds=19)
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    clock.advance(seconds=60)
    shown = await municipality.service.database.read(
        lambda tx: applicant_queries.load_applicant_case(tx, applicant, case.case_id, clock())
    )
    assert shown is not None and shown.messages == ()
    assert (await municipality.view_case("anna", case)).case.status == "submitted"


async def test_after_twenty_seconds_a_message_cannot_be_undone(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case = await municipality.submit()
    sent = await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej"))
    clock.advance(seconds=20)
    with pytest.raises(TooLateToUndo):
        await municipality.perform(
            "anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"])
        )


async def test_the_applicant_sees_a_message_when_its_twenty_seconds_are_over(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej Eva"))
    applicant = await municipality.applicant(case)

    async def seen() -> list[str | None]:
        view = await municipality.service.database.read(
            lambda tx: applicant_queries.load_applicant_case(tx, applicant, case.case_id, clock())
        )
        assert view is not None
        return [message.text for message in view.messages]

    assert await seen() == []
    clock.advance(seconds=20)
    assert await seen() == ["Hej Eva"]


async def test_what_the_applicant_adds_sets_the_status_to_completed(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    case = await municipality.submit()
    ask = SendMessage(case_id=case.case_id, text="Ritning, tack", status="waiting", expected="submitted")
    await send_until_left(municipality.service, ask, municipality.officer("anna"))
    await municipality.service.perform(
        AddInformation(case_id=case.case_id, text="Här är den"), await municipality.applicant(case)
    )
    view = await municipality.view_case("anna", case)
    assert view.case.status == "completed"
    assert [m.text for m in view.messages] == ["Ritning, tack", "Här är den"]


async def test_what_the_applicant_writes_is_news_until_an_officer_of_the_case_opens_it(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await municipality.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Hur går det?"), await municipality.applicant(case)
    )

    async def news() -> str:
        card = await municipality.service.database.read(lambda tx: system_queries.load_card(tx, case.case_id))
        assert card is not None
        return card.news

    assert await news() == "message"
    await municipality.service.reveal(municipality.officer("bo"), case.case_id, {"messages"}, opening="v1")
    assert await news() == "message"
    await municipality.service.reveal(municipality.officer("anna"), case.case_id, {"messages"}, opening="v2")
    assert await news() == ""


async def test_a_restricted_officer_sees_and_does_nothing_in_a_case_that_is_not_theirs(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    assert await municipality.view_case("rut", case) is None
    with pytest.raises(NoAccess):
        await municipality.perform("rut", TakeCase(case_id=case.case_id))
    with pytest.raises(UnknownCase):
        await municipality.service.reveal(municipality.officer("rut"), case.case_id, {"answers"}, opening="v")


async def test_an_officer_of_another_office_cannot_find_the_number(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    find = lambda who: municipality.service.database.read(  # noqa: E731
        lambda tx: officer_queries.find_case_by_number(tx, municipality.officer(who), case.number)
    )
    assert await find("anna") == case.case_id
    assert await find("ute") is None


async def test_nobody_can_write_to_someone_who_must_not_follow_the_case(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(service="oro", values={})
    with pytest.raises(ApplicantDoesNotFollow):
        await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej"))


async def test_an_applicant_reaches_only_their_own_case(municipality: MunicipalityDriver) -> None:
    own, other = await municipality.submit(), await municipality.submit(person(email="karl@ek.example"))
    eva = await municipality.applicant(own)
    with pytest.raises(UnknownCase):
        await municipality.service.perform(ReceiveMessage(case_id=other.case_id, text="Hej"), eva)


async def test_the_log_alone_gives_the_same_case(municipality: MunicipalityDriver, clock: Clock) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Ring Eva"))
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Hej", receipt=True))
    await municipality.perform("bo", TakeCase(case_id=case.case_id, mode="together", expected=("anna",)))
    clock.advance(hours=1)
    await municipality.perform(
        "bo", SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    )
    stored = (await municipality.view_case("anna", case)).case
    replayed = await municipality.service.database.read(lambda tx: history.replay(tx, case.case_id))
    assert replayed == stored


async def test_a_refused_act_leaves_nothing_behind(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    with pytest.raises(NoteRequired):
        await municipality.perform(
            "anna", SetStatus(case_id=case.case_id, status="closed", expected="submitted")
        )
    view = await municipality.view_case("anna", case)
    assert view.messages == () and len(view.history) == 1


async def test_each_of_two_messages_sent_at_once_can_be_undone(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    first = await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Ett"))
    second = await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Två"))
    for sent in (first, second):
        await municipality.perform(
            "anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"])
        )
    assert (await municipality.view_case("anna", case)).messages == ()


async def test_a_status_that_goes_with_a_message_sends_the_applicant_one_mail(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    before = (await municipality.service.database.read(delivery_counts.count_by_kind_and_state))[
        "mail", "waiting"
    ]
    ask = SendMessage(case_id=case.case_id, text="Ritning, tack", status="waiting", expected="submitted")
    await send_until_left(municipality.service, ask, municipality.officer("anna"))
    assert (await municipality.service.database.read(delivery_counts.count_by_kind_and_state))[
        "mail", "waiting"
    ] == before + 1
