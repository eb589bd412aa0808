"""What the demo says in the terminal."""

from __future__ import annotations

from sandbox.demo.plan import Plan

STARTING = "Lindsjö kommun öppnar …"
STOPPING = "Stänger …"
STOPPED = "Allt är stängt. make demo fortsätter där du var, FRESH=1 make demo börjar om."
CATALOG_CHANGED = "Katalogen är ändrad, och ändringen gäller."
OTHER_VERSION = "Det som sparades är från en annan version av demon. Den börjar om från början."


def welcome(plan: Plan, more_to_come: bool) -> str:
    """The addresses, and what to try."""
    coming = "\nDe sista fem ärendena kommer nu, ett i taget under en halv minut.\n" if more_to_come else ""
    return f"""
Lindsjö kommun är öppen. Allt är påhittat, och inget lämnar den här datorn.

  Slack                 {plan.slack}/
  E-tjänster            {plan.web}/
  Mina sidor            {plan.web}/mina-sidor
  Mejlen                {plan.slack}/mail
  Lever programmet?     {plan.web}/livez
  Programmets logg      {plan.log}
{coming}
Prova:
  1. Öppna Slack som Anna Berg, gå till #bygglov och tryck Ta ärendet på ett kort.
  2. Tryck Skriv till sökanden och skicka något. Öppna mejlet och följ länken. Koden kommer i ett nytt mejl.
  3. Gör en felanmälan bland e-tjänsterna. Åsa Nordström ser kortet i #gata-park efter någon sekund.
  4. Byt till Elin Sárá Blind: hon ser #oro-barn, som Anna inte ser. Skriv sedan /arende hjälp.

Ctrl-C stänger allt. FRESH=1 make demo börjar om från början.
"""


def starting_own(plan: Plan) -> str:
    return f"Öppnar kommunen i {plan.catalog} …"


def welcome_own(plan: Plan) -> str:
    """The addresses, and what to try with a catalog of one's own."""
    return f"""
Kommunen i {plan.catalog} är öppen, utan exempelärenden. Inget lämnar den här datorn.

  Slack                 {plan.slack}/
  E-tjänster            {plan.web}/
  Mina sidor            {plan.web}/mina-sidor
  Mejlen                {plan.slack}/mail
  Programmets logg      {plan.log}

Prova:
  1. Skicka ett ärende bland e-tjänsterna. Koden och länkarna kommer i mejlen.
  2. Öppna Slack som en handläggare i e-tjänsten, gå till dess kanal och tryck Ta ärendet på kortet.
  3. Ändra i katalogens filer: det gäller så snart du sparar. Blev något fel gäller det gamla, och felen står här.

En ny handläggare eller kanal kommer till Slack när demon startas om. Ctrl-C stänger allt, FRESH=1 börjar om.
"""


def catalog_wrong(problems: str) -> str:
    return f"Ändringen gäller inte, och den förra katalogen är kvar. {problems}"


def not_sent(why: str) -> str:
    return f"Ett exempelärende kom inte in ({why})."


def not_done(step: str, why: str) -> str:
    return f"Ett steg i exemplet gick inte att göra ({step}: {why})."
