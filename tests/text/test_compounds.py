"""Swedish compounds are found by what they end with."""

from __future__ import annotations

from bot.text.compounds import later_parts
from bot.text.search_terms import index_words
from tests.text.search_examples import is_found

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
COMPOUNDS = _COMPOUNDS.split()
"""What municipalities write about, each with a line where its last word begins."""


def test_nine_of_ten_compounds_are_found_by_their_last_word() -> None:
    missed = [
        compound
        for compound in COMPOUNDS
        if not is_found(compound.partition("|")[2], compound.replace("|", ""))
    ]
    assert len(COMPOUNDS) == 200
    assert len(missed) <= 20, missed


def test_a_compound_is_indexed_by_few_words_more() -> None:
    words = [compound.replace("|", "") for compound in COMPOUNDS]
    assert sum(len(later_parts(word)) for word in words) <= 2 * len(words)


def test_endings_that_are_no_words_are_not_indexed() -> None:
    for word in ("behandlingarna", "kommunikationen", "sysselsättning", "tillgänglighet", "handläggare"):
        assert not {"ning", "tionen", "ningarna", "lighet", "het", "are"} & set(later_parts(word)), word


def test_a_short_word_and_a_very_long_one_are_words_by_themselves() -> None:
    assert later_parts("altan") == later_parts("a" * 61) == ()
    assert list(index_words(["altan"])) == ["altan"]
