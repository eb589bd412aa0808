"""The destination of each kind of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clients.clamd import Clamd
from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery.attempt import Destination
from bot.delivery.mail import MailDestination
from bot.delivery.scanning import ScanDestination
from bot.delivery.scheduled_messages import ScheduledMessageDestination
from bot.delivery.slack.batches import BatchDestination
from bot.delivery.slack.cards import CardDestination
from bot.delivery.slack.channels import SlackChannels
from bot.delivery.slack.morning import MorningDestination
from bot.delivery.slack.notices import NoticeDestination
from bot.delivery.slack.removal import RemovalDestination
from bot.delivery.slack.reply_marks import ReplyMarkDestination
from bot.delivery.slack.threads import ThreadDestination
from bot.delivery.status_changes import StatusDestination
from bot.store.files.file_store import FileStore


@dataclass(frozen=True)
class Clients:
    """The systems that deliveries go to, and the files. `clamd` is None where files are not scanned."""

    slack: SlackClient
    mail: MailClient
    files: FileStore
    clamd: Clamd | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self.slack.close()
        await self.mail.close()


def build_destinations(clients: Clients, public_url: str) -> Mapping[str, Destination]:
    slack = clients.slack
    channels = SlackChannels(slack)
    notices, mails = NoticeDestination(slack), MailDestination(clients.mail, public_url)
    return {
        "card": CardDestination(slack, channels),
        "morning": MorningDestination(slack, channels),
        "line": ThreadDestination(slack, channels),
        "mark": ReplyMarkDestination(slack),
        "notice": notices,
        "digest": notices,
        "trouble": notices,
        "catalog": notices,
        "retention": notices,
        "unassigned": notices,
        "absence": notices,
        "day": notices,
        "lost_access": notices,
        "mail": mails,
        "status_mail": mails,
        "file_mail": mails,
        "code": mails,
        "officer": mails,
        "status": StatusDestination(),
        "scheduled": ScheduledMessageDestination(),
        "scan": ScanDestination(clients.clamd, clients.files),
        "batch": BatchDestination(clients.slack),
        "removal": RemovalDestination(slack),
    }
