"""Who pressed: Slack accounts and the officers they are bound to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from bot.catalog.models import Catalog
from bot.clients.errors import Permanent, Temporary
from bot.clients.slack import SlackClient, User
from bot.domain.actors import Officer, officer_of
from bot.domain.rules import Refused
from bot.service import Service
from bot.store.officers import accounts
from bot.text.working_days import local_day

log = structlog.get_logger()

TRUSTED_FOR = timedelta(minutes=10)
"""How long what Slack says of an account is believed before it is asked again."""

MOST_REMEMBERED = 10_000


class Outsider(Refused):
    """A guest, another organisation's, a bot, or someone who has left."""

    key = "no.guest"


class UnknownPerson(Refused):
    """One of our own, whom the catalog does not have as an officer."""

    key = "no.unknownperson"


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace this program serves, with its organisation if any, and the program's own user there."""

    team: str
    enterprise: str = ""
    bot: str = ""


class House:
    """Whose program this is, as Slack says whose the token is: asked for once, and again until Slack has answered."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack
        self._home: Home | None = None

    async def home(self) -> Home:
        """Temporary where Slack does not say, whatever its reason: nobody's act may be dropped for it."""
        if self._home is None:
            try:
                us = await self._slack.who_am_i()
            except Permanent as refused:
                raise Temporary(refused.trouble) from None
            self._home = Home(us.team, us.enterprise, us.user)
        return self._home


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account as a request names it, and the workspace this program serves, with its organisation if any."""

    team: str
    user: str
    home: str
    enterprise: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """What an account is known by: within an organisation a person has one in all its workspaces."""
        return self.enterprise or self.home, self.user

    def is_of_the_house(self, user: User) -> bool:
        """A full member of our own, as Slack says."""
        if user.is_guest or user.is_bot or user.deleted or user.is_stranger:
            return False
        return user.team == self.home or bool(self.enterprise and user.enterprise == self.enterprise)


class People:
    """Binds accounts to officers on first use, by the address that Slack has confirmed; from then on by the account."""

    def __init__(self, service: Service, slack: SlackClient) -> None:
        self._service = service
        self._slack = slack
        self._known: dict[tuple[str, str], tuple[str, datetime]] = {}
        # Access is read out of the catalog once a day and for each catalog; there are as many as officers.
        self._officers: dict[str, tuple[Catalog, date, Officer]] = {}

    async def officer(self, account: Account) -> Officer:
        """The officer with their access today. Outsider or UnknownPerson, recorded with ids only."""
        try:
            return self._in_catalog(await self._key_of(account))
        except Refused as refused:
            self._known.pop(account.place, None)
            log.info("refused", rule=type(refused).__name__, user=account.user, team=account.team)
            raise

    def _in_catalog(self, key: str) -> Officer:
        catalog, today = self._service.catalog, local_day(self._service.clock())
        kept = self._officers.get(key)
        if kept is not None and kept[0] is catalog and kept[1] == today:
            return kept[2]
        officer = officer_of(catalog, key, today)
        if officer is None:
            raise UnknownPerson(contact=catalog.municipality.support)
        self._officers[key] = (catalog, today, officer)
        return officer

    async def _key_of(self, account: Account) -> str:
        now, place = self._service.clock(), account.place
        if account.team != account.home and not account.enterprise:
            raise Outsider
        key, until = self._known.get(place, ("", now))
        if until > now:
            return key
        key = await self._asked(account)
        while len(self._known) >= MOST_REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[place] = (key, now + TRUSTED_FOR)
        return key

    async def _asked(self, account: Account) -> str:
        database = self._service.database
        bound = await database.read(lambda tx: accounts.officer_of(tx, *account.place))
        try:
            user = await self._slack.user(account.user)
        except Permanent:
            raise Outsider from None
        except Temporary:
            # Slack is away. Whom it has vouched for before may go on working; nobody new is let in.
            if bound is None:
                raise
            return bound
        if not account.is_of_the_house(user):
            raise Outsider
        return bound if bound is not None else await self._bind(account, user)

    async def _bind(self, account: Account, user: User) -> str:
        catalog = self._service.catalog
        found = catalog.officer_by_email(user.email) if user.email else None
        if found is None:
            raise UnknownPerson(contact=catalog.municipality.support)
        now = self._service.clock()
        key = await self._service.database.write(lambda tx: accounts.bind(tx, account.place, found.key, now))
        log.info("account_bound", user=account.user, team=account.home, officer=key)
        return key
