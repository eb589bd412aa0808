"""Where each kind of delivery goes."""

from __future__ import annotations

from collections.abc import Mapping

from bot.clients.mail import MailClient
from bot.clients.slack import SlackClient
from bot.delivery.cards import Cards
from bot.delivery.mail import Mails
from bot.delivery.notices import Notices
from bot.delivery.places import Places
from bot.delivery.threads import Threads
from bot.delivery.turn import Destination


def destinations(slack: SlackClient, mail: MailClient, public_url: str) -> Mapping[str, Destination]:
    places = Places(slack)
    notices, mails = Notices(slack), Mails(mail, public_url)
    return {
        "card": Cards(slack, places),
        "line": Threads(slack, places),
        "notice": notices,
        "trouble": notices,
        "mail": mails,
        "code": mails,
        "officer": mails,
    }
