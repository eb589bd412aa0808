"""The destination of each kind of delivery."""

from __future__ import annotations

from collections.abc import Mapping

from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery.attempt import Destination
from bot.delivery.cards import CardDestination
from bot.delivery.channels import SlackChannels
from bot.delivery.mail import MailDestination
from bot.delivery.notices import NoticeDestination
from bot.delivery.status_changes import StatusDestination
from bot.delivery.threads import ThreadDestination


def build_destinations(slack: SlackClient, mail: MailClient, public_url: str) -> Mapping[str, Destination]:
    channels = SlackChannels(slack)
    notices, mails = NoticeDestination(slack), MailDestination(mail, public_url)
    return {
        "card": CardDestination(slack, channels),
        "line": ThreadDestination(slack, channels),
        "notice": notices,
        "trouble": notices,
        "mail": mails,
        "code": mails,
        "officer": mails,
        "status": StatusDestination(),
    }
