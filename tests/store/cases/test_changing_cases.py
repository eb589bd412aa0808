"""Cases change one way, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.assignment import AlreadyTaken, AlreadyYours, NotYours, ReleaseCase, TakeCase
from bot.domain.correspondence import (
    AddInformation,
    ReceiveMessage,
    SendMessage,
    TooLateToUndo,
    UndoMessage,
)
from bot.domain.notes import AddNote
from bot.domain.rules import ChangedMeanwhile, NoAccess, NoFollowing, Refused, UnknownCase
from bot.domain.status import NeedsMessage, NeedsNote, NeedsReason, SetStatus, StatusNotAllowed
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import applicant_queries, officer_queries, system_queries
from bot.store.lists import case_lists
from bot.store.log import history
from bot.store.outbox import deliveries
from bot.text import words
from tests.conftest import Clock
from tests.town import Town, person, town


@pytest.fixture
def staden(database: Database, clock: Clock) -> Town:
    catalog = town(officers=50)
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_submitted_case_gets_the_years_next_number(staden: Town) -> None:
    first, second = await staden.submits(), await staden.submits()
    assert (first.number, second.number) == ("2026-000001", "2026-000002")


async def test_a_form_sent_twice_opens_one_case(staden: Town) -> None:
    first = await staden.submits(once="form:1")
    again = await staden.submits(once="form:1")
    assert again.repeated and again.number == first.number
    assert (
        await staden.service.database.read(
            lambda tx: case_lists.count_cases(tx, staden.officer("anna"), "all")
        )
        == 1
    )


async def test_a_case_from_elsewhere_is_opened_once_by_its_name_there(staden: Town) -> None:
    first = await staden.submits(external="platform:77")
    again = await staden.submits(external="platform:77")
    assert again.case_id == first.case_id


async def test_what_is_stored_beside_an_act_stands_or_falls_with_it(staden: Town) -> None:
    case, service = await staden.submits(), staden.service
    take, anna = TakeCase(case_id=case.case_id), staden.officer("anna")

    def fails(tx: Tx) -> None:
        raise ValueError("mitt i")

    with pytest.raises(ValueError, match="mitt i"):
        await service.perform(take, anna, beside=fails)
    assert (await staden.sees("anna", case)).case.officers == ()
    beside: list[Tx] = []
    await service.perform(take, anna, beside=beside.append)
    with pytest.raises(AlreadyYours):
        await service.perform(take, anna, beside=beside.append)
    assert len(beside) == 1


async def test_the_slower_of_two_is_told_who_was_first(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyTaken) as refused:
        await staden.does("bo", TakeCase(case_id=case.case_id))
    assert refused.value.said(words("sv")).startswith("Anna Berg hann före")


async def test_of_fifty_officers_one_has_the_case_and_49_are_told_who(staden: Town) -> None:
    case = await staden.submits()
    takers = [
        one.key
        for one in staden.catalog.municipality.officers
        if staden.officer(one.key).sees_all_of("bygglov")
    ]
    outcomes = await asyncio.gather(
        *(staden.does(key, TakeCase(case_id=case.case_id)) for key in takers), return_exceptions=True
    )
    winner = (await staden.sees("anna", case)).case.officers
    told = [one.said(words("sv")) for one in outcomes if isinstance(one, AlreadyTaken)]
    assert len(takers) == 50 and len(winner) == 1 and len(told) == 49
    name = next(o.name for o in staden.catalog.municipality.officers if o.key == winner[0])
    assert all(name in sentence for sentence in told)


async def test_a_press_that_comes_twice_hears_the_first_answer(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id), once="press:1")
    again = await staden.does("anna", TakeCase(case_id=case.case_id), once="press:1")
    assert again.repeated and again.events == ("CaseTaken",)


async def test_a_refused_press_that_comes_twice_is_refused_in_the_same_words(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyTaken) as first:
        await staden.does("bo", TakeCase(case_id=case.case_id), once="press:2")
    await staden.does("anna", ReleaseCase(case_id=case.case_id))
    with pytest.raises(Refused) as again:
        await staden.does("bo", TakeCase(case_id=case.case_id), once="press:2")
    assert again.value.said(words("en")) == first.value.said(words("en"))


async def test_taking_what_one_has_or_giving_back_what_one_has_not_is_refused(staden: Town) -> None:
    case = await staden.submits()
    with pytest.raises(NotYours):
        await staden.does("anna", ReleaseCase(case_id=case.case_id))
    await staden.does("anna", TakeCase(case_id=case.case_id))
    with pytest.raises(AlreadyYours):
        await staden.does("anna", TakeCase(case_id=case.case_id))


async def test_taking_over_replaces_those_the_person_saw_and_only_those(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id))
    await staden.does("bo", TakeCase(case_id=case.case_id, mode="together", was=("anna",)))
    with pytest.raises(AlreadyTaken):
        await staden.does("carl", TakeCase(case_id=case.case_id, mode="over", was=("anna",)))
    await staden.does("carl", TakeCase(case_id=case.case_id, mode="over", was=("anna", "bo")))
    assert (await staden.sees("anna", case)).case.officers == ("carl",)


async def test_the_second_of_two_status_dialogs_is_told_and_asked_again(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", SetStatus(case_id=case.case_id, status="working", was="submitted"))
    with pytest.raises(ChangedMeanwhile) as refused:
        await staden.does("bo", SetStatus(case_id=case.case_id, status="working", was="submitted"))
    assert "Under behandling" in refused.value.said(words("sv"))
    assert "Anna Berg" in refused.value.said(words("sv"))


async def test_a_status_that_asks_for_words_is_not_set_without_them(staden: Town) -> None:
    case = await staden.submits()
    with pytest.raises(NeedsMessage):
        await staden.does("anna", SetStatus(case_id=case.case_id, status="waiting", was="submitted"))
    with pytest.raises(NeedsNote):
        await staden.does("anna", SetStatus(case_id=case.case_id, status="closed", was="submitted"))
    await staden.does(
        "anna", SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart.")
    )
    with pytest.raises(StatusNotAllowed):
        await staden.does(
            "anna", SetStatus(case_id=case.case_id, status="waiting", was="closed", message="Hej")
        )
    with pytest.raises(NeedsReason):
        await staden.does("anna", SetStatus(case_id=case.case_id, status="working", was="closed"))
    await staden.does(
        "anna", SetStatus(case_id=case.case_id, status="working", was="closed", reason="Nya uppgifter")
    )
    assert (await staden.sees("anna", case)).case.closed_at is None


async def test_a_message_undone_in_time_was_never_there_and_takes_its_status_back(
    staden: Town, clock: Clock
) -> None:
    case = await staden.submits()
    sent = await staden.does(
        "anna", SendMessage(case_id=case.case_id, text="Skicka ritningen", wait=True, was="submitted")
    )
    applicant = await staden.applicant(case)
    clock.pass_(seconds=19)
    await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    clock.pass_(seconds=60)
    shown = await staden.service.database.read(
        lambda tx: applicant_queries.applicant_case(tx, applicant, case.case_id, clock())
    )
    assert shown is not None and shown.messages == ()
    assert (await staden.sees("anna", case)).case.status == "submitted"


async def test_after_twenty_seconds_a_message_cannot_be_undone(staden: Town, clock: Clock) -> None:
    case = await staden.submits()
    sent = await staden.does("anna", SendMessage(case_id=case.case_id, text="Hej"))
    clock.pass_(seconds=20)
    with pytest.raises(TooLateToUndo):
        await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))


async def test_the_applicant_sees_a_message_when_its_twenty_seconds_are_over(
    staden: Town, clock: Clock
) -> None:
    case = await staden.submits()
    await staden.does("anna", SendMessage(case_id=case.case_id, text="Hej Eva"))
    applicant = await staden.applicant(case)

    async def seen() -> list[str | None]:
        view = await staden.service.database.read(
            lambda tx: applicant_queries.applicant_case(tx, applicant, case.case_id, clock())
        )
        assert view is not None
        return [message.text for message in view.messages]

    assert await seen() == []
    clock.pass_(seconds=20)
    assert await seen() == ["Hej Eva"]


async def test_what_the_applicant_adds_sets_the_status_to_completed(staden: Town, clock: Clock) -> None:
    case = await staden.submits()
    await staden.does(
        "anna", SetStatus(case_id=case.case_id, status="waiting", was="submitted", message="Ritning, tack")
    )
    await staden.service.perform(
        AddInformation(case_id=case.case_id, text="Här är den"), await staden.applicant(case)
    )
    view = await staden.sees("anna", case)
    assert view.case.status == "completed"
    assert [m.text for m in view.messages] == ["Ritning, tack", "Här är den"]


async def test_what_the_applicant_writes_is_news_until_an_officer_of_the_case_opens_it(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id))
    await staden.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Hur går det?"), await staden.applicant(case)
    )

    async def news() -> str:
        card = await staden.service.database.read(lambda tx: system_queries.card(tx, case.case_id))
        assert card is not None
        return card.news

    assert await news() == "message"
    await staden.service.reveal(staden.officer("bo"), case.case_id, {"messages"}, opening="v1")
    assert await news() == "message"
    await staden.service.reveal(staden.officer("anna"), case.case_id, {"messages"}, opening="v2")
    assert await news() == ""


async def test_a_restricted_officer_sees_and_does_nothing_in_a_case_that_is_not_theirs(staden: Town) -> None:
    case = await staden.submits()
    assert await staden.sees("rut", case) is None
    with pytest.raises(NoAccess):
        await staden.does("rut", TakeCase(case_id=case.case_id))
    with pytest.raises(UnknownCase):
        await staden.service.reveal(staden.officer("rut"), case.case_id, {"answers"}, opening="v")


async def test_an_officer_of_another_office_cannot_find_the_number(staden: Town) -> None:
    case = await staden.submits()
    find = lambda who: staden.service.database.read(  # noqa: E731
        lambda tx: officer_queries.find_number(tx, staden.officer(who), case.number)
    )
    assert await find("anna") == case.case_id
    assert await find("ute") is None


async def test_nobody_can_write_to_someone_who_must_not_follow_the_case(staden: Town) -> None:
    case = await staden.submits(service="oro", values={})
    with pytest.raises(NoFollowing):
        await staden.does("anna", SendMessage(case_id=case.case_id, text="Hej"))


async def test_an_applicant_reaches_only_their_own_case(staden: Town) -> None:
    own, other = await staden.submits(), await staden.submits(person(email="karl@ek.example"))
    eva = await staden.applicant(own)
    with pytest.raises(UnknownCase):
        await staden.service.perform(ReceiveMessage(case_id=other.case_id, text="Hej"), eva)


async def test_the_log_alone_gives_the_same_case(staden: Town, clock: Clock) -> None:
    case = await staden.submits()
    await staden.does("anna", TakeCase(case_id=case.case_id))
    await staden.does("anna", AddNote(case_id=case.case_id, text="Ring Eva"))
    await staden.does("anna", SendMessage(case_id=case.case_id, text="Hej", receipt=True))
    await staden.does("bo", TakeCase(case_id=case.case_id, mode="together", was=("anna",)))
    clock.pass_(hours=1)
    await staden.does("bo", SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart"))
    stored = (await staden.sees("anna", case)).case
    replayed = await staden.service.database.read(lambda tx: history.replay(tx, case.case_id))
    assert replayed == stored


async def test_a_refused_act_leaves_nothing_behind(staden: Town) -> None:
    case = await staden.submits()
    with pytest.raises(NeedsNote):
        await staden.does(
            "anna", SetStatus(case_id=case.case_id, status="closed", was="submitted", message="Hej då")
        )
    view = await staden.sees("anna", case)
    assert view.messages == () and len(view.history) == 1


async def test_each_of_two_messages_sent_at_once_can_be_undone(staden: Town) -> None:
    case = await staden.submits()
    first = await staden.does("anna", SendMessage(case_id=case.case_id, text="Ett"))
    second = await staden.does("anna", SendMessage(case_id=case.case_id, text="Två"))
    for sent in (first, second):
        await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert (await staden.sees("anna", case)).messages == ()


async def test_a_status_that_goes_with_a_message_sends_the_applicant_one_mail(staden: Town) -> None:
    case = await staden.submits()
    before = (await staden.service.database.read(deliveries.counts))["mail", "waiting"]
    await staden.does(
        "anna", SetStatus(case_id=case.case_id, status="waiting", was="submitted", message="Ritning, tack")
    )
    assert (await staden.service.database.read(deliveries.counts))["mail", "waiting"] == before + 1
