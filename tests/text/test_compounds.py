"""Swedish compounds are found by what they end with."""

from __future__ import annotations

import re
from pathlib import Path

from bot.text import fold
from bot.text.compounds import later_parts
from bot.text.search_terms import index_words
from tests.text.search_examples import is_found

ROOT = Path(__file__).parents[2]

_COMPOUNDS = """
trä|panel bygglovs|ansökan gatu|belysning barn|omsorg hem|tjänst sop|hämtning park|skötsel lek|plats cykel|väg
snö|röjning vatten|läcka avlopps|anläggning attefalls|hus rivnings|lov mark|lov färg|ändring fasad|ändring
tak|kupa fastighets|beteckning detalj|plan översikts|plan nybyggnads|karta grund|karta situations|plan
fasad|ritning sektions|ritning el|anslutning fjärr|värme berg|värme el|stolpe lykt|stolpe väg|skylt trafik|ljus
gång|bana parkerings|tillstånd parkerings|plats handikapp|parkering bil|vrak skrot|bil klotter|sanering
skade|djur rått|sanering hund|rastplats hund|bajs sim|hall is|hall idrotts|plats fotbolls|plan gräs|matta
häck|klippning träd|fällning stubb|fräsning blom|rabatt papper|korg sop|tunna grov|sopor mat|avfall avfalls|kärl
slam|tömning enskilt|avlopp dricks|vatten brunns|borrning för|skola grund|skola gymnasie|skola skol|skjuts
skol|måltid skol|kort fritids|hem barn|vakt vårdnads|havare dag|barnvårdare ekonomiskt|bistånd bostads|bidrag
bostads|anpassning bostads|tillägg ledsagar|service färd|tjänst kontakt|person social|sekreterare familje|hem
oros|anmälan barn|utredning ungdoms|mottagning missbruks|vård äldre|boende trygghets|larm mat|distribution
korttids|boende serverings|tillstånd alkohol|tillstånd livsmedels|anläggning livsmedels|kontroll
tobaks|försäljning miljö|tillsyn hälso|skydd buller|störning rök|lukt eldnings|förbud sotnings|väsende
brand|skydd brand|varnare explosiv|varor ute|servering gatu|musik mark|upplåtelse torg|plats torg|handel
sommar|jobb företags|etablering tomt|kö bostads|kö hyres|kontrakt hyres|rätt bostads|rätt villa|ägare
fritids|gård musik|skola kultur|bidrag förenings|bidrag lokal|bokning bibliotek|kort medborgar|förslag
medborgar|kontor kommun|fullmäktige general|plan nämnd|beslut delegations|beslut tjänste|anteckning
personal|avdelning ekonomi|avdelning faktura|underlag leverantörs|faktura betalnings|påminnelse
avgifts|befrielse taxe|höjning kontroll|avgift sanktions|avgift byggnads|nämnd miljö|nämnd bygg|herre
kontroll|ansvarig kontroll|plan start|besked slut|besked tekniskt|samråd strand|skydd strandskydds|dispens
vind|kraftverk sol|cell sol|panel kamin|installation eld|stad rök|kanal skor|sten plåt|tak tegel|panna
altan|dörr balkong|inglasning gårds|plan garage|port car|port för|råd lek|stuga växt|hus pool|rening bas|säng
båt|plats segel|båt vägg|rätt väg|förening brand|station räddnings|tjänst sjuk|vård tandvårds|taxa kyrko|gård
köks|fläkt ventilations|kontroll inkomst|uppgift föräldra|möte kollektiv|trafik spår|vagn gat|sten vatten|prov
barn|bidrag skol|buss pensionärs|lägenhet ute|möbler gatu|kök marknads|plats cirkulations|plats fart|hinder
väg|bula lek|redskap sand|låda gung|ställning trapp|räcke hiss|besiktning kompost|behållare trädgårds|avfall
"""
_MORE_COMPOUNDS = """
vatten|avgift fel|parkering boende|parkering cykel|ställ cykel|garage gång|stig motions|spår skid|spår
konst|gräs bad|plats bad|hus sim|skola vinter|väghållning gatu|sopning löv|blås spol|bil hål|rum asfalt|arbete
väg|arbete grävnings|tillstånd schakt|tillstånd trafik|anordning trafik|hinder hastighets|begränsning fart|gupp
trafik|signal gatu|lampa lykt|arm belysnings|stolpe hund|gård katt|unge fågel|bo geting|bo vild|svin
vatten|skada fukt|skada mögel|skada inomhus|klimat radon|mätning buller|mätning ljud|nivå luft|kvalitet
vatten|kvalitet bad|vatten vatten|mätare vatten|ledning avlopps|rör dag|vatten spill|vatten brand|post
trekammar|brunn enskild|väg väg|bidrag snö|plog snö|vall sand|hög grus|hög container|plats åter|vinning
återvinnings|station farligt|avfall el|avfall glas|ruta fönster|ruta ytter|dörr entré|dörr hyres|gäst hyres|värd
lägenhets|nummer fastighets|ägare tomt|gräns grann|tomt servituts|avtal arrende|avtal köpe|kontrakt
mark|anvisning detaljplane|ändring plan|besked bygg|lov bygg|plats bygg|start mark|nivå tak|lutning tak|terrass
ute|rum ute|plats skärm|tak komplement|bostadshus fritids|hus gäst|hus vinds|våning loft|gång brand|vägg
brand|larm brand|trappa eld|plats eldstads|kontroll imkanal|rensning sotar|mästare farlig|vara gasol|tank
gas|flaska olje|tank cistern|kontroll skol|val skol|byte skol|plats skol|gård skol|kök skol|väg skol|bok
förskole|plats förskole|klass fritids|plats modersmåls|undervisning sär|skola vuxen|utbildning yrkes|högskola
studie|vägledare elev|hälsa elev|assistent resurs|person barn|grupp barnomsorgs|avgift barnomsorgs|taxa
föräldra|ledighet familje|rådgivning familje|rätt vårdnads|tvist umgänges|rätt hemtjänst|avgift mat|låda
trygghets|telefon nöd|larm hjälp|medel rull|stol badrums|anpassning dörr|öppnare tröskel|ramp ledsagar|hjälp
avlösar|service god|man års|räkning budget|rådgivning skuld|sanering försörjnings|stöd socialt|bidrag
hyres|skuld el|räkning boende|stöd grupp|bostad dag|verksamhet arbets|träning arbets|marknad praktik|plats
ferie|arbete lärlings|plats alkohol|servering serverings|yta serverings|ansvarig tobaks|tillstånd
folköls|försäljning livsmedels|hygien mat|förgiftning restaurang|kök kaffe|vagn foodtruck|plats torg|handlare
julmarknads|plats offentlig|plats fest|plats allmän|handling sekretess|prövning diarie|nummer protokolls|utdrag
personuppgifts|incident register|utdrag kommun|styrelse kommun|direktör enhets|chef verksamhets|chef
medborgar|dialog synpunkts|hantering klagomåls|hantering lokal|hyra idrotts|förening förenings|stöd
arrangemangs|bidrag kultur|skola kultur|hus konst|verk museum|besök låne|kort bok|buss läs|platta sten|mur
staket|stolpe plank|höjd häck|höjd sikt|skymning
"""
COMPOUNDS = [*_COMPOUNDS.split(), *_MORE_COMPOUNDS.split()]
"""What municipalities write about, each with a line where its last word begins."""


def test_nineteen_of_twenty_compounds_are_found_by_their_last_word() -> None:
    missed = [
        compound
        for compound in COMPOUNDS
        if not is_found(compound.partition("|")[2], compound.replace("|", ""))
    ]
    assert len(set(COMPOUNDS)) == 400
    assert len(missed) <= 20, missed


def test_a_compound_is_indexed_by_few_words_more() -> None:
    words = [compound.replace("|", "") for compound in COMPOUNDS]
    assert sum(len(later_parts(word)) for word in words) <= 2 * len(words)


def test_texts_are_indexed_by_few_words_more_than_they_have() -> None:
    """Of the handbook, page by page: the words that the index has, and those of them that stand in the text."""
    letters = written = 0
    for page in sorted((ROOT / "docs/handbok").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        indexed = set(index_words([text]))
        parts = {
            fold(part) for word in re.findall(r"[^\W\d_]+", text.casefold()) for part in later_parts(word)
        }
        letters += sum(map(len, indexed))
        written += sum(map(len, indexed - parts))
    assert written < letters <= 1.6 * written


def test_endings_that_are_no_words_are_not_indexed() -> None:
    for word in ("behandlingarna", "kommunikationen", "sysselsättning", "tillgänglighet", "handläggare"):
        assert not {"ning", "tionen", "ningarna", "lighet", "het", "are"} & set(later_parts(word)), word


def test_a_short_word_and_a_very_long_one_are_words_by_themselves() -> None:
    assert later_parts("altan") == later_parts("a" * 61) == ()
    assert list(index_words(["altan"])) == ["altan"]
