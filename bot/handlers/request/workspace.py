"""Identification of people: Slack accounts and the officers that they are bound to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from bot.catalog.models import Catalog
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack import SlackClient, User
from bot.domain.actors import Officer, find_officer
from bot.domain.rules import Refused
from bot.service import Service
from bot.store.officers import slack_accounts
from bot.store.officers.absences import load_absences
from bot.text.working_days import local_day

log = structlog.get_logger()

CACHE_LIFETIME = timedelta(minutes=10)
"""How long Slack's information about an account is cached."""

MAX_CACHED_ACCOUNTS = 10_000


class NotAMember(Refused):
    """The account is a guest's, another organisation's, a bot's, or deactivated."""

    key = "no.guest"


class NotAnOfficer(Refused):
    """The person is a member of the workspace, but not an officer of the catalog."""

    key = "no.unknownperson"


@dataclass(frozen=True, slots=True)
class WorkspaceIdentity:
    """The workspace of the token, its organisation if any, and the bot's user id."""

    team_id: str
    enterprise_id: str = ""
    bot_user_id: str = ""


class Workspace:
    """Fetches the workspace of the token once, with retries until Slack has responded."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack
        self._identity: WorkspaceIdentity | None = None

    async def identity(self) -> WorkspaceIdentity:
        """The identity. TemporaryFailure for any error of Slack's, so that no request is dropped because of it."""
        if self._identity is None:
            try:
                identity = await self._slack.fetch_identity()
            except PermanentFailure as refused:
                raise TemporaryFailure(refused.trouble) from None
            self._identity = WorkspaceIdentity(identity.team_id, identity.enterprise_id, identity.user_id)
        return self._identity


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account in a request, with the identity of the workspace."""

    team_id: str
    user_id: str
    workspace_team_id: str
    enterprise_id: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the account: in an organisation a person has the same one in all workspaces."""
        return self.enterprise_id or self.workspace_team_id, self.user_id

    def is_member(self, user: User) -> bool:
        """Whether the user is a full member of our workspace or organisation."""
        if user.is_guest or user.is_bot or user.is_deleted or user.is_stranger:
            return False
        return user.team_id == self.workspace_team_id or bool(
            self.enterprise_id and user.enterprise_id == self.enterprise_id
        )


class OfficerAccounts:
    """Binds accounts to officers on first use, by the address that Slack has confirmed."""

    def __init__(self, service: Service, slack: SlackClient) -> None:
        self._service = service
        self._slack = slack
        self._cached_keys: dict[tuple[str, str], tuple[str, datetime]] = {}
        # Officers with their access, computed once for each day and catalog.
        self._cached_officers: dict[str, tuple[Catalog, date, Officer]] = {}

    async def find_officer(self, account: Account) -> Officer:
        """The officer with their access today. Raises NotAMember or NotAnOfficer, logged with ids only."""
        try:
            return await self._load_officer(await self._find_key(account))
        except Refused as refused:
            self._cached_keys.pop(account.key, None)
            log.info("refused", rule=type(refused).__name__, user=account.user_id, team=account.team_id)
            raise

    async def find_member(self, account: Account) -> User:
        """The account of a full member of the workspace, who need not be an officer. Raises NotAMember, logged."""
        try:
            return await self._fetch_member(account)
        except Refused as refused:
            log.info("refused", rule=type(refused).__name__, user=account.user_id, team=account.team_id)
            raise

    async def _fetch_member(self, account: Account) -> User:
        if account.team_id != account.workspace_team_id and not account.enterprise_id:
            raise NotAMember
        try:
            user = await self._slack.fetch_user(account.user_id)
        except PermanentFailure:
            raise NotAMember from None
        if not account.is_member(user):
            raise NotAMember
        return user

    async def _load_officer(self, key: str) -> Officer:
        """The officer. For whom they stand in is read each time: it may end at any moment."""
        catalog, today = self._service.catalog, local_day(self._service.clock())
        absences = await self._service.database.read(lambda tx: load_absences(tx, today))
        cached = self._cached_officers.get(key)
        if cached is not None and cached[0] is catalog and cached[1] == today:
            return replace(cached[2], represented=absences.represented_by(key))
        officer = find_officer(catalog, key, today)
        if officer is None:
            raise NotAnOfficer(contact=catalog.municipality.support)
        self._cached_officers[key] = (catalog, today, officer)
        return replace(officer, represented=absences.represented_by(key))

    async def _find_key(self, account: Account) -> str:
        now, account_key = self._service.clock(), account.key
        if account.team_id != account.workspace_team_id and not account.enterprise_id:
            raise NotAMember
        key, expires_at = self._cached_keys.get(account_key, ("", now))
        if expires_at > now:
            return key
        key = await self._ask_slack(account)
        while len(self._cached_keys) >= MAX_CACHED_ACCOUNTS:
            self._cached_keys.pop(next(iter(self._cached_keys)))
        self._cached_keys[account_key] = (key, now + CACHE_LIFETIME)
        return key

    async def _ask_slack(self, account: Account) -> str:
        database = self._service.database
        bound = await database.read(lambda tx: slack_accounts.find_officer(tx, *account.key))
        try:
            user = await self._fetch_member(account)
        except TemporaryFailure:
            # Slack does not respond: accounts that are bound already are accepted, new ones are not.
            if bound is None:
                raise
            return bound
        return bound if bound is not None else await self._bind(account, user)

    async def _bind(self, account: Account, user: User) -> str:
        catalog = self._service.catalog
        found = catalog.officer_by_email(user.email) if user.email else None
        if found is None:
            raise NotAnOfficer(contact=catalog.municipality.support)
        now = self._service.clock()
        key = await self._service.database.write(
            lambda tx: slack_accounts.bind(tx, account.key, found.key, now)
        )
        log.info("account_bound", user=account.user_id, team=account.workspace_team_id, officer=key)
        return key
