"""What is remembered of an identifier, and for how long."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from c2s_enrich import sealed_cache
from enrichment import memory
from enrichment.memory import COMPANY, Entry, Namesake, cached, discovered, discovery_note, remember
from enrichment.models import Discovery
from enrichment.tiers import recall
from parties.facts import CompanyFact
from parties.identifiers import CPF, Email, Phone
from parties.merge import person_file
from parties.models import Party, PartyContact, PartyEnrichment
from tests.enrichment.test_message import record
from tests.parties.people import cnpj, cpf, phone, told

PHONE, EMAIL, MARINA_CPF = Phone("+5511987654321", "BR"), Email("marina.prado@example.com"), CPF("52998224725")
PROFILE = {"DadosBasicos": {"nome": "MARINA ALVES PRADO", "cpf": "52998224725"}}


def lasting(entry: Entry) -> float:
    return memory._ttl(entry)


def changed(**ago: int) -> Entry:
    return Entry(records=[record(updated_at=timezone.now() - timedelta(**ago))])


def marina(*, enriched: bool = True, phone: str = PHONE.value, cpf: str = MARINA_CPF.value) -> Party:
    party = Party.objects.create(kind="person", cpf_cnpj=cpf, name="MARINA ALVES PRADO", enriched=enriched)
    PartyContact.objects.create(party=party, contact_type="phone", value=phone)
    PartyEnrichment.objects.create(party=party, provider="work_api", profile=PROFILE)
    return party


def test_known_people_last_a_day_and_nobody_an_hour(settings: Settings) -> None:
    settings.REDIS_URL = "redis://somewhere"
    assert lasting(Entry(asked=True)) == 3600
    assert lasting(Entry(people=[Namesake("52998224725", "")], asked=True)) == 24 * 3600
    assert lasting(changed(days=30)) == 24 * 3600


def test_what_changed_lately_lasts_half_and_what_stood_still_twice(settings: Settings) -> None:
    settings.REDIS_URL = "redis://somewhere"
    assert lasting(changed(hours=2)) == 12 * 3600
    assert lasting(changed(days=91)) == 48 * 3600


def test_a_cache_that_nobody_shares_is_not_trusted_for_long(settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert lasting(changed(days=30)) == 60


def test_an_entry_of_an_older_shape_is_a_miss() -> None:
    sealed_cache.set_many({("phone", PHONE.value): b'{"records": "what was this?"}'}, ttl=60)
    assert cached([PHONE]) == {}


def test_a_dump_of_the_cache_shows_nobody() -> None:
    remember({PHONE: Entry(records=[record()], people=[Namesake("52998224725", "MARINA")]), EMAIL: Entry(asked=True)})
    dump = "".join(f"{key}{value}" for key, value in everything_cached().items())
    assert dump
    for secret in ("11987654321", "marina", "MARINA", "52998224725", "phone", "email", "example.com"):
        assert secret not in dump


def everything_cached() -> dict[str, bytes]:
    client = cache.client.get_client()  # type: ignore[attr-defined]
    return {key.decode(): client.get(key) for key in client.keys("*")}


@pytest.mark.django_db
def test_an_answer_that_was_paid_for_survives_the_cache(settings: Settings) -> None:
    discovery_note(PHONE, [Namesake("52998224725", "MARINA ALVES PRADO")])
    discovery_note(EMAIL, [])
    assert discovered([PHONE, EMAIL]) == {
        PHONE.value: [Namesake("52998224725", "MARINA ALVES PRADO")],
        EMAIL.value: [],
    }
    Discovery.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    assert set(discovered([PHONE, EMAIL])) == {PHONE.value}
    Discovery.objects.update(asked_at=timezone.now() - timedelta(days=settings.REFRESH_AFTER_DAYS, hours=1))
    assert discovered([PHONE]) == {}


@pytest.mark.django_db
def test_the_database_remembers_no_identifier_in_clear() -> None:
    discovery_note(PHONE, [])
    assert "98765" not in Discovery.objects.get().identifier_hash


@pytest.mark.django_db
def test_a_phone_of_several_people_gives_all_of_them() -> None:
    parties = {marina().pk, marina(cpf="11144477735").pk}
    assert {r.party_id for r in recall([PHONE])[PHONE].entry.records} == parties


@pytest.mark.django_db
def test_whoever_is_not_enriched_is_not_known() -> None:
    marina(enriched=False)
    assert recall([PHONE]) == {}


@pytest.mark.django_db
def test_a_second_look_needs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    marina()
    with django_assert_num_queries(2):
        assert recall([PHONE])[PHONE].tier == "database"
    with django_assert_num_queries(0):
        assert recall([PHONE])[PHONE].tier == "cache"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["party", "contact", "enrichment", "delete"])
def test_every_change_drops_the_entry(deed: str) -> None:
    party = marina()
    recall([PHONE])
    assert cached([PHONE])
    match deed:
        case "party":
            party.save()
        case "contact":
            PartyContact.objects.create(party=party, contact_type="email", value=EMAIL.value)
        case "enrichment":
            PartyEnrichment.objects.create(party=party, provider="work_api", profile=PROFILE)
        case _:
            party.delete()
    assert cached([PHONE]) == {}


@pytest.mark.django_db(transaction=True)
def test_a_new_colleague_is_shown_on_the_company_and_costs_nobody_else_their_entry() -> None:
    works = [CompanyFact(cnpj=cnpj(), kind="partner")]
    person_file(facts=told(contacts=[phone()], companies=works), profile=PROFILE)
    recall([PHONE])
    sealed_cache.set_many({(COMPANY, cnpj().value): b"its people so far"}, ttl=60)
    person_file(facts=told(cpf=cpf(123456789), companies=works))
    assert list(cached([PHONE])) == [PHONE.value]
    assert sealed_cache.get_many([(COMPANY, cnpj().value)]) == {}


@pytest.mark.django_db
def test_warming_fills_every_identifier_of_the_parties_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    party = marina()
    call_command("warm_cache", "--party", str(party.pk))
    assert set(cached([PHONE, MARINA_CPF])) == {PHONE.value, MARINA_CPF.value}
    assert "2 identifiers are warm" in capsys.readouterr().out
    call_command("warm_cache", "--party", str(uuid4()))
    assert "0 identifiers" in capsys.readouterr().out


def test_an_entry_reads_back_as_it_was_written() -> None:
    entry = Entry(records=[record()], people=[Namesake("52998224725", "MARINA")], asked=True)
    remember({PHONE: entry})
    assert cached([PHONE]) == {PHONE.value: entry}
    assert msgspec.json.decode(memory._encode(entry), type=Entry) == entry
